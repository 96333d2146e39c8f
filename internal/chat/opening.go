package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

// Opening is a chat that begins with a message of its model, which nobody asked for and no provider wrote.
type Opening struct {
	Brief

	Folder  oid.Folder
	Welcome string
}

// Open makes such a chat in a folder of user that the caller holds.
func (s *Service) Open(ctx context.Context, tx *store.Tx, user oid.User, o Opening) (*ent.Chat, error) {
	now := store.Now()
	c, err := tx.Client().Chat.Create().SetUserID(user).SetFolderID(o.Folder).SetTitle(o.Title).SetIsTitleCustom(true).
		SetModel(o.Model).SetSystemInstruction(o.Instruction).SetRecommendedPrompts(o.Prompts).
		SetCreatedAt(now).SetLastActivityAt(now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: open: %w", err)
	}
	feed.Record(tx, user, feed.ChatSaved, feed.Facts{Chat: c.ID})
	welcome, err := tx.Client().Message.Create().SetChatID(c.ID).SetUserID(user).
		SetRole(message.RoleAssistant).SetStatus(message.StatusCompleted).SetText(o.Welcome).
		SetRequestedModel(o.Model).SetCreatedAt(now).SetEndedAt(now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: open: %w", err)
	}
	feed.Record(tx, user, feed.MessageAdded, feed.Facts{Chat: c.ID, Message: welcome.ID})
	if err := s.indexTitle(ctx, tx, c); err != nil {
		return nil, err
	}
	if err := s.indexMessage(ctx, tx, welcome); err != nil {
		return nil, err
	}
	return c, s.moveHead(ctx, tx, c, welcome.ID)
}

// isWelcome says whether a message opens a chat. It is not sent to providers: it says to the person what the
// instruction says to the model.
func isWelcome(m *ent.Message) bool { return m.ParentID == nil && m.Role == message.RoleAssistant }

// Ask stores a person's message behind a chat's head and the reply it waits for, as Send does, in the caller's
// transaction. It returns the reply.
func (s *Service) Ask(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat, expect Expect, said string, maxCost *usage.Money) (oid.Message, error) {
	c, head, err := s.writable(ctx, tx, user, id, expect)
	if err != nil {
		return oid.Message{}, err
	}
	sent, err := s.exchange(ctx, tx, c, turn{parent: head, text: said, maxCost: maxCost})
	if err != nil {
		return oid.Message{}, err
	}
	return sent.Reply.ID, nil
}

// Brief is what a plan gives a step's chat.
type Brief struct {
	Title, Model, Instruction string
	Prompts                   []string
}

// Rebrief brings a chat of user from one brief to another. What the person changed in the chat since stays theirs, and a
// chat that is gone is left alone.
func (s *Service) Rebrief(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat, from, to Brief) error {
	c, err := s.lockChat(ctx, tx, user, id)
	if errs.CodeOf(err) == errs.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	u := tx.Client().Chat.UpdateOneID(c.ID).AddRevision(1)
	if c.Title == from.Title {
		u.SetTitle(to.Title)
		c.Title = to.Title
	}
	if c.Model == from.Model {
		u.SetModel(to.Model)
	}
	if c.SystemInstruction == from.Instruction {
		u.SetSystemInstruction(to.Instruction)
	}
	if slices.Equal(c.RecommendedPrompts, from.Prompts) {
		u.SetRecommendedPrompts(to.Prompts)
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("chat: rebrief: %w", err)
	}
	feed.Record(tx, user, feed.ChatSaved, feed.Facts{Chat: c.ID})
	return s.indexTitle(ctx, tx, c)
}

// Recommend sets the prompts that a chat offers. A chat that is gone is left alone.
func (s *Service) Recommend(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat, prompts []string) error {
	n, err := tx.Client().Chat.Update().
		Where(entchat.ID(id), entchat.UserID(user), entchat.DeletedAtIsNil()).
		SetRecommendedPrompts(prompts).AddRevision(1).Save(ctx)
	if err != nil {
		return fmt.Errorf("chat: recommend: %w", err)
	}
	if n > 0 {
		feed.Record(tx, user, feed.ChatSaved, feed.Facts{Chat: id})
	}
	return nil
}

// Digest is what a chat is about, for a model that looks at it from outside: its instruction and the last turns of
// its current branch, each shortened to so many code points.
func (s *Service) Digest(ctx context.Context, id oid.Chat, turns, chars int) (string, error) {
	c, err := found(s.store.Client().Chat.Query().Where(entchat.ID(id), entchat.DeletedAtIsNil()).Only(ctx))
	if err != nil {
		return "", err
	}
	var w strings.Builder
	if c.SystemInstruction != "" {
		fmt.Fprintf(&w, "What the model was told: %s\n\n", c.SystemInstruction)
	}
	if c.HeadID == nil {
		return w.String() + "The conversation has not begun.", nil
	}
	branch, err := s.ancestors(ctx, *c.HeadID, turns)
	if err != nil {
		return "", err
	}
	for _, m := range slices.Backward(branch) {
		if m.Text == "" {
			continue
		}
		who := "Person"
		if m.Role == message.RoleAssistant {
			who = "Model"
		}
		fmt.Fprintf(&w, "%s: %s\n\n", who, text.Truncate(m.Text, chars))
	}
	return w.String(), nil
}

// DigestTokens is at most how many tokens a chat's Digest has; nil is no chat.
func (s *Service) DigestTokens(ctx context.Context, tx *store.Tx, id *oid.Chat, turns, chars int) (int64, error) {
	if id == nil {
		return 0, nil
	}
	c, err := found(tx.Client().Chat.Query().Where(entchat.ID(*id), entchat.DeletedAtIsNil()).Only(ctx))
	if err != nil {
		return 0, err
	}
	head, err := parentOf(ctx, tx, c.HeadID)
	if err != nil {
		return 0, err
	}
	branch := int64(0)
	if head != nil {
		branch = head.BranchTokens
	}
	const perChar = 2
	return usage.AtMost(c.SystemInstruction) + min(branch, int64(turns)*(int64(chars)*perChar+turnTokens)), nil
}
