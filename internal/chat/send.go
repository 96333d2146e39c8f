package chat

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

// Expect is what a client believes the chat's head to be.
type Expect struct {
	// Set is false when the client does not care.
	Set bool
	// Head is the id it saw; nil for an empty chat.
	Head *string
}

// SendInput is a message to send.
type SendInput struct {
	ChatID  string
	Text    string
	ModelID *string
	// Attachments are ids of files and artifacts to go with it, in order.
	Attachments []string `json:",omitempty"`
	// FallbackID names the model to ask when the first fails before anything was shown; nil: the catalogue's.
	FallbackID *string `json:",omitempty"`
	// MaxCost refuses a reply that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	IfHead  Expect
	Key     string
}

// Sent is what sending stored. Message is nil for a regenerated reply.
type Sent struct {
	Chat    *ent.Chat
	Message *ent.Message
	Reply   *ent.Message
}

// sentIDs is what the idempotency key remembers.
type sentIDs struct {
	Chat    oid.Chat    `json:"chat"`
	Message oid.Message `json:"message,omitzero"`
	Reply   oid.Message `json:"reply"`
}

// Send stores a message behind the head of a chat and enqueues its reply, in one transaction.
func (s *Service) Send(ctx context.Context, user oid.User, in SendInput) (*Sent, error) {
	return s.once(ctx, store.Key{User: user, Key: in.Key, Input: in}, s.sending(user, in))
}

// adding stores a turn in a transaction.
type adding func(ctx context.Context, tx *store.Tx) (*Sent, error)

func (s *Service) sending(user oid.User, in SendInput) adding {
	return func(ctx context.Context, tx *store.Tx) (*Sent, error) {
		id, err := oid.Parse[oid.Chat](in.ChatID)
		if err != nil {
			return nil, errNotFound()
		}
		c, head, err := s.writable(ctx, tx, user, id, in.IfHead)
		if err != nil {
			return nil, err
		}
		return s.exchange(ctx, tx, c, turn{parent: head, text: in.Text, model: in.ModelID, fallback: in.FallbackID, attachments: in.Attachments, maxCost: in.MaxCost})
	}
}

// once stores a turn, and answers what it stored; for a key that was used, what it stored then.
func (s *Service) once(ctx context.Context, key store.Key, add adding) (*Sent, error) {
	var ids sentIDs
	var fresh *Sent
	replayed, err := s.store.Once(ctx, key, &ids, func(ctx context.Context, tx *store.Tx) (err error) {
		if fresh, err = add(ctx, tx); err == nil {
			ids = fresh.ids()
		}
		return err
	})
	if err != nil || !replayed {
		return fresh, err
	}
	return s.sent(ctx, key.User, ids)
}

// ids are what the idempotency key remembers of it.
func (s *Sent) ids() sentIDs {
	ids := sentIDs{Chat: s.Chat.ID, Reply: s.Reply.ID}
	if s.Message != nil {
		ids.Message = s.Message.ID
	}
	return ids
}

func (s *Service) checkText(value string) error {
	var c text.Checker
	c.Text("text", value, 1, s.cfg.MaxTextChars)
	return c.Err()
}

// writable locks a chat and makes sure that a turn may be added where the client believes. It returns the chat's head
// too; nil for an empty one.
func (s *Service) writable(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat, expect Expect) (*ent.Chat, *ent.Message, error) {
	c, err := s.lockChat(ctx, tx, user, id)
	if err != nil {
		return nil, nil, err
	}
	if err := checkHead(c, expect); err != nil {
		return nil, nil, err
	}
	head, err := parentOf(ctx, tx, c.HeadID)
	if err != nil || head == nil {
		return c, nil, err
	}
	if running(head.Status) && head.JobID == nil && !usage.IsQuoting(ctx) {
		return nil, nil, conflict(c, errs.Textf("A reply is still being written in this chat. Wait for it or stop it.")).Retry(0)
	}
	return c, head, nil
}

// parentOf reads the message that another stands behind; nil for the root.
func parentOf(ctx context.Context, tx *store.Tx, id *oid.Message) (*ent.Message, error) {
	if id == nil {
		return nil, nil
	}
	return found(tx.Client().Message.Get(ctx, *id))
}

// turn is a person's message about to be stored.
type turn struct {
	parent      *ent.Message // nil for the root
	text        string
	model       *string
	fallback    *string
	attachments []string
	maxCost     *usage.Money
}

// exchange stores a person's message and the reply it waits for.
func (s *Service) exchange(ctx context.Context, tx *store.Tx, c *ent.Chat, t turn) (*Sent, error) {
	if err := s.checkText(t.text); err != nil {
		return nil, err
	}
	models, err := s.choose(ctx, tx, c, t.model, t.fallback)
	if err != nil {
		return nil, err
	}
	models.maxCost = t.maxCost
	msg, carried, err := s.addMessage(ctx, tx, c, t)
	if err != nil {
		return nil, err
	}
	if err := models.check(measureMessage(t.text, carried)); err != nil {
		return nil, err
	}
	reply, err := s.addReply(ctx, tx, c, msg, models)
	if err != nil {
		return nil, err
	}
	return &Sent{Chat: c, Message: msg, Reply: reply}, s.moveHead(ctx, tx, c, reply.ID)
}

// addMessage stores a person's message with what it carries.
func (s *Service) addMessage(ctx context.Context, tx *store.Tx, c *ent.Chat, t turn) (*ent.Message, []file.Attached, error) {
	now := store.Now()
	create := tx.Client().Message.Create()
	tokens := weight(t.text, len(t.attachments))
	if t.parent != nil {
		create.SetParentID(t.parent.ID)
		tokens += t.parent.BranchTokens
	}
	msg, err := create.SetChatID(c.ID).SetUserID(c.UserID).SetBranchTokens(tokens).
		SetRole(message.RoleUser).SetText(t.text).SetStatus(message.StatusCompleted).
		SetCreatedAt(now).SetEndedAt(now).Save(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("chat: store message: %w", err)
	}
	var carried []file.Attached
	if len(t.attachments) > 0 {
		if carried, err = s.files.Attach(ctx, tx, msg, t.attachments); err != nil {
			return nil, nil, err
		}
	}
	feed.Record(tx, c.UserID, feed.MessageAdded, feed.Facts{Chat: c.ID, Message: msg.ID})
	return msg, carried, s.indexMessage(ctx, tx, msg)
}

// addReply stores a reply that waits to be written, what it may use, and the job that writes it.
func (s *Service) addReply(ctx context.Context, tx *store.Tx, c *ent.Chat, asked *ent.Message, models choice) (*ent.Message, error) {
	run := oid.New[oid.Run]()
	o, err := s.order(ctx, tx, c, asked, run, models)
	if err != nil {
		return nil, err
	}
	held, fallbackID, err := s.hold(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	reply, err := tx.Client().Message.Create().
		SetChatID(c.ID).SetUserID(c.UserID).SetParentID(asked.ID).
		SetRole(message.RoleAssistant).SetStatus(message.StatusPending).
		SetRequestedModel(models.model.ID).SetFallbackModel(fallbackID).SetIsOwnKey(held.IsOwnKey).
		SetBranchTokens(asked.BranchTokens).SetRunID(run).SetCreatedAt(store.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: store reply: %w", err)
	}
	tx.Enqueue(replyJob(reply.ID, run, held.Priority()))
	feed.Record(tx, c.UserID, feed.MessageAdded, feed.Facts{Chat: c.ID, Message: reply.ID, Run: run})
	return reply, nil
}

// moveHead makes head the end of the branch that is read, in c too.
func (s *Service) moveHead(ctx context.Context, tx *store.Tx, c *ent.Chat, head oid.Message) error {
	c.HeadID, c.LastActivityAt = &head, store.Now()
	err := tx.Client().Chat.Update().Where(entchat.ID(c.ID)).SetHeadID(head).SetLastActivityAt(c.LastActivityAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("chat: move head: %w", err)
	}
	feed.Record(tx, c.UserID, feed.HeadMoved, feed.Facts{Chat: c.ID, Head: head})
	return nil
}

// sent reads what was stored, for a replay.
func (s *Service) sent(ctx context.Context, user oid.User, ids sentIDs) (*Sent, error) {
	client := s.store.Client()
	c, err := found(client.Chat.Query().Where(entchat.ID(ids.Chat), entchat.UserID(user)).Only(ctx))
	if err != nil {
		return nil, err
	}
	out := &Sent{Chat: c}
	if out.Reply, err = found(client.Message.Get(ctx, ids.Reply)); err != nil {
		return nil, err
	}
	if ids.Message.IsZero() {
		return out, nil
	}
	out.Message, err = found(client.Message.Get(ctx, ids.Message))
	return out, err
}

// checkHead refuses to write behind a newer turn than the client has seen.
func checkHead(c *ent.Chat, expect Expect) error {
	if !expect.Set || sameHead(c.HeadID, expect.Head) {
		return nil
	}
	return conflict(c, errs.Textf("The chat has a newer turn than the one you saw. Read it, then send again."))
}

func sameHead(head *oid.Message, seen *string) bool {
	if head == nil || seen == nil {
		return head == nil && seen == nil
	}
	return head.String() == *seen
}

func conflict(c *ent.Chat, why errs.Text) *errs.Error {
	e := errs.NewText(errs.Conflict, why)
	if c.HeadID == nil {
		return e.With("headId", nil)
	}
	return e.With("headId", c.HeadID.String())
}

// running reports whether a reply is still to be, or being, written.
func running(st message.Status) bool {
	return st == message.StatusPending || st == message.StatusStreaming
}
