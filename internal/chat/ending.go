package chat

import (
	"cmp"
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// ending is how a reply ends. end writes it once: text, usage, event and search index in one transaction.
type ending struct {
	status    message.Status
	text      string
	usage     usage.Tokens
	finish    ai.Finish
	model     string // the model that answered; empty when none did
	failure   FailureCode
	cancelled bool                // the provider's call was cut short by a stop
	free      bool                // it costs nothing, however it ended
	guard     []predicate.Message // what must hold besides the run
}

// end ends a reply for its run, or from outside. It returns run.ErrLost when the reply is not the run's any more. The chat is
// locked before the message, as everywhere.
func (s *Service) end(ctx context.Context, msg *ent.Message, e ending) error {
	now := store.Now()
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.HoldChat(ctx, tx, &msg.ChatID); err != nil {
			return err
		}
		if err := run.Written(s.update(tx, msg, e).SetEndedAt(now).Save(ctx)); err != nil {
			return fmt.Errorf("chat: end reply: %w", err)
		}
		return s.settle(ctx, tx, msg, e)
	})
	if err == nil {
		s.meter.ReplyEnded(string(e.status), now.Sub(msg.CreatedAt))
	}
	return err
}

// update is the conditional update that ends a reply.
func (s *Service) update(tx *store.Tx, msg *ent.Message, e ending) *ent.MessageUpdate {
	u := tx.Client().Message.Update().Where(mine(msg.ID, *msg.RunID)).Where(e.guard...).
		SetStatus(e.status).SetText(e.text).ClearLeaseUntilMs().
		SetInputTokens(e.usage.Input).SetOutputTokens(e.usage.Output).SetCachedInputTokens(e.usage.Cached).
		AddBranchTokens(weight(e.text, 0)).SetUsageSource(message.UsageSource(e.usage.Source)).SetProviderCancelled(e.cancelled)
	if e.finish != "" {
		u.SetFinishReason(run.FinishReason[message.FinishReason](e.finish))
	}
	if e.model != "" {
		u.SetAnsweredBy(e.model)
	}
	if e.failure != "" {
		u.SetFailureCode(string(e.failure))
	}
	return u
}

// settle records what the end of a reply means for everything else.
func (s *Service) settle(ctx context.Context, tx *store.Tx, msg *ent.Message, e ending) error {
	if err := s.recordUsage(ctx, tx, msg, e); err != nil {
		return err
	}
	done := *msg // The index is of the row as it is from now on.
	done.Text, done.Status = e.text, e.status
	if err := s.indexMessage(ctx, tx, &done); err != nil {
		return err
	}
	err := tx.Client().Chat.Update().Where(entchat.ID(msg.ChatID)).SetLastActivityAt(store.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("chat: touch: %w", err)
	}
	feed.Record(tx, msg.UserID, feed.ReplyEnded, feed.Facts{
		Chat: msg.ChatID, Message: msg.ID, Run: *msg.RunID, Status: string(e.status), Length: run.Length(e.text),
	})
	if e.status != message.StatusCompleted {
		return nil
	}
	return s.enqueueTitle(ctx, tx, msg.ChatID)
}

// recordUsage writes the run's one usage row. What failed, broke off or was refused costs nothing.
func (s *Service) recordUsage(ctx context.Context, tx *store.Tx, msg *ent.Message, e ending) error {
	asked := *msg.RequestedModel
	if msg.Model != nil {
		asked = *msg.Model
	}
	charged := !e.free && (e.status == message.StatusCompleted || e.status == message.StatusStopped)
	return s.ledger.Settle(ctx, tx, usage.Row{
		Run: *msg.RunID, User: msg.UserID, Chat: &msg.ChatID, Message: &msg.ID, IsOwnKey: msg.IsOwnKey,
		Purpose: entusage.PurposeReply, Charged: charged, Model: cmp.Or(e.model, asked), ModelID: asked, Tokens: e.usage,
	})
}
