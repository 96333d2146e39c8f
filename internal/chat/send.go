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
	if err := s.checkText(in.Text); err != nil {
		return nil, err
	}
	chatID, err := oid.Parse[oid.Chat](in.ChatID)
	if err != nil {
		return nil, errNotFound()
	}
	var ids sentIDs
	key := store.Key{User: user, Mutation: "sendMessage", Key: in.Key, Input: in}
	_, err = s.store.Once(ctx, key, &ids, func(ctx context.Context, tx *store.Tx) error {
		c, err := s.writable(ctx, tx, user, chatID, in.IfHead)
		if err != nil {
			return err
		}
		ids, err = s.exchange(ctx, tx, c, turn{parent: c.HeadID, text: in.Text, model: in.ModelID, fallback: in.FallbackID, attachments: in.Attachments, maxCost: in.MaxCost})
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.sent(ctx, user, ids)
}

func (s *Service) checkText(value string) error {
	var c text.Checker
	c.Text("text", value, 1, s.cfg.MaxTextChars)
	return c.Err()
}

// writable locks a chat and makes sure that a turn may be added where the client believes.
func (s *Service) writable(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat, expect Expect) (*ent.Chat, error) {
	c, err := s.lockChat(ctx, tx, user, id)
	if err != nil {
		return nil, err
	}
	if err := checkHead(c, expect); err != nil {
		return nil, err
	}
	if c.HeadID == nil {
		return c, nil
	}
	head, err := found(tx.Client().Message.Get(ctx, *c.HeadID))
	if err != nil {
		return nil, err
	}
	if running(head.Status) && head.JobID == nil {
		return nil, conflict(c, "A reply is still being written in this chat. Wait for it or stop it.").Retry(0)
	}
	return c, nil
}

// turn is a person's message about to be stored.
type turn struct {
	parent      *oid.Message
	text        string
	model       *string
	fallback    *string
	attachments []string
	maxCost     *usage.Money
}

// exchange stores a person's message and the reply it waits for.
func (s *Service) exchange(ctx context.Context, tx *store.Tx, c *ent.Chat, t turn) (sentIDs, error) {
	models, err := s.choose(ctx, tx, c, t.model, t.fallback)
	if err != nil {
		return sentIDs{}, err
	}
	models.maxCost = t.maxCost
	msg, carried, err := s.addMessage(ctx, tx, c, t)
	if err != nil {
		return sentIDs{}, err
	}
	if err := models.check(burdenOf(t.text, carried)); err != nil {
		return sentIDs{}, err
	}
	reply, err := s.addReply(ctx, tx, c, msg, models)
	if err != nil {
		return sentIDs{}, err
	}
	return sentIDs{Chat: c.ID, Message: msg.ID, Reply: reply.ID}, s.moveHead(ctx, tx, c, reply.ID)
}

// addMessage stores a person's message with what it carries.
func (s *Service) addMessage(ctx context.Context, tx *store.Tx, c *ent.Chat, t turn) (*ent.Message, []file.Attached, error) {
	now := store.Now()
	before, err := branchTokens(ctx, tx, t.parent)
	if err != nil {
		return nil, nil, err
	}
	msg, err := tx.Client().Message.Create().
		SetChatID(c.ID).SetUserID(c.UserID).SetNillableParentID(t.parent).
		SetRole(message.RoleUser).SetText(t.text).SetStatus(message.StatusCompleted).
		SetBranchTokens(before + weight(t.text, len(t.attachments))).
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
	held, standIn, err := s.hold(ctx, tx, s.order(c, asked, run, models))
	if err != nil {
		return nil, err
	}
	reply, err := tx.Client().Message.Create().
		SetChatID(c.ID).SetUserID(c.UserID).SetParentID(asked.ID).
		SetRole(message.RoleAssistant).SetStatus(message.StatusPending).
		SetRequestedModel(models.model.ID).SetFallbackModel(standIn).SetIsOwnKey(held.IsOwnKey).
		SetBranchTokens(asked.BranchTokens).SetRunID(run).SetCreatedAt(store.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: store reply: %w", err)
	}
	tx.Enqueue(replyJob(reply.ID, run, held.Priority()))
	feed.Record(tx, c.UserID, feed.MessageAdded, feed.Facts{Chat: c.ID, Message: reply.ID, Run: run})
	return reply, nil
}

// moveHead makes head the end of the branch that is read.
func (s *Service) moveHead(ctx context.Context, tx *store.Tx, c *ent.Chat, head oid.Message) error {
	err := tx.Client().Chat.Update().Where(entchat.ID(c.ID)).
		SetHeadID(head).SetLastActivityAt(store.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("chat: move head: %w", err)
	}
	feed.Record(tx, c.UserID, feed.HeadMoved, feed.Facts{Chat: c.ID, Head: head})
	return nil
}

// sent reads what was stored, also for a replay.
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
	return conflict(c, "The chat has a newer turn than the one you saw. Read it, then send again.")
}

func sameHead(head *oid.Message, seen *string) bool {
	if head == nil || seen == nil {
		return head == nil && seen == nil
	}
	return head.String() == *seen
}

func conflict(c *ent.Chat, why string) *errs.Error {
	e := errs.New(errs.Conflict, "%s", why)
	if c.HeadID == nil {
		return e.With("headId", nil)
	}
	return e.With("headId", c.HeadID.String())
}

// running tells whether a reply is still to be, or being, written.
func running(st message.Status) bool {
	return st == message.StatusPending || st == message.StatusStreaming
}
