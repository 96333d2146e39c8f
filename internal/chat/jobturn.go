package chat

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// JobTurn is a job that a chat is to show.
type JobTurn struct {
	ChatID string
	IfHead Expect
	Job    oid.Job
	// Prompt is what the person asked for, Model the one they asked.
	Prompt string
	Model  string
	// Most is at most how many tokens the result's text or caption has. It counts from now on, since the chat goes on meanwhile.
	Most int64
}

// AddJobTurn stores, behind a chat's head, the prompt as the person's message and the message that will show
// the job's result. It returns the latter. That message does not keep the chat from going on.
func (s *Service) AddJobTurn(ctx context.Context, tx *store.Tx, user oid.User, t JobTurn) (*ent.Message, error) {
	id, err := oid.Parse[oid.Chat](t.ChatID)
	if err != nil {
		return nil, errNotFound()
	}
	c, head, err := s.writable(ctx, tx, user, id, t.IfHead)
	if err != nil {
		return nil, err
	}
	asked, _, err := s.addMessage(ctx, tx, c, turn{parent: head, text: t.Prompt})
	if err != nil {
		return nil, err
	}
	shown, err := tx.Client().Message.Create().
		SetChatID(c.ID).SetUserID(c.UserID).SetParentID(asked.ID).SetJobID(t.Job).
		SetRole(message.RoleAssistant).SetStatus(message.StatusPending).
		SetRequestedModel(t.Model).SetBranchTokens(asked.BranchTokens + t.Most + turnTokens).SetCreatedAt(store.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: show job: %w", err)
	}
	feed.Record(tx, c.UserID, feed.MessageAdded, feed.Facts{Chat: c.ID, Message: shown.ID, Job: t.Job})
	return shown, s.moveHead(ctx, tx, c, shown.ID)
}

// HoldChat locks a chat for the transaction that ends a reply or a job in it: the chat comes before its messages. Nil is no chat.
func (s *Service) HoldChat(ctx context.Context, tx *store.Tx, id *oid.Chat) error {
	if id == nil || s.store.Dialect() != store.Postgres {
		return nil
	}
	_, err := tx.Client().Chat.Query().Where(entchat.ID(*id)).ForUpdate().IDs(ctx)
	if err != nil {
		return fmt.Errorf("chat: hold: %w", err)
	}
	return nil
}

// EndJobTurn ends the message that shows a job. A job that no chat shows, or no longer, has none.
func (s *Service) EndJobTurn(ctx context.Context, tx *store.Tx, j *ent.Job, status message.Status, text string) error {
	if j.MessageID == nil {
		return nil
	}
	n, err := tx.Client().Message.Update().
		Where(message.ID(*j.MessageID), message.JobID(j.ID), message.StatusEQ(message.StatusPending)).
		SetStatus(status).SetText(text).SetEndedAt(store.Now()).Save(ctx)
	if err != nil || n == 0 {
		return wrapJobTurn(err)
	}
	shown, err := tx.Client().Message.Get(ctx, *j.MessageID)
	if err != nil {
		return wrapJobTurn(err)
	}
	if err := s.indexMessage(ctx, tx, shown); err != nil {
		return err
	}
	err = tx.Client().Chat.Update().Where(entchat.ID(shown.ChatID)).SetLastActivityAt(store.Now()).Exec(ctx)
	if err != nil {
		return wrapJobTurn(err)
	}
	feed.Record(tx, j.UserID, feed.ReplyEnded, feed.Facts{
		Chat: shown.ChatID, Message: shown.ID, Run: j.RunID, Status: string(status), Length: run.Length(text),
	})
	if status != message.StatusCompleted {
		return nil
	}
	return s.enqueueTitle(ctx, tx, shown.ChatID)
}

func wrapJobTurn(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("chat: end of a job: %w", err)
}
