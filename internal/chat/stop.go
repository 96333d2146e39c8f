package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// Stop ends a reply and returns it as it ended; its row is the receipt, so stopping twice gives the same. A reply that no
// run writes is ended at once; else its run is asked, and when it has not answered within Config.StopWait it is taken over.
func (s *Service) Stop(ctx context.Context, user oid.User, id string) (*ent.Message, error) {
	msg, err := ownMessage(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	if msg.Role != message.RoleAssistant {
		return nil, errs.Input(errs.InvalidValue, "messageId", "Only a reply can be stopped.")
	}
	if msg.JobID != nil {
		return nil, errs.Input(errs.InvalidValue, "messageId", "This message shows a job. `cancelJob` ends it.")
	}
	if !running(msg.Status) {
		return msg, nil
	}
	return s.runs.Stop(ctx, user, msg.ID, func(ctx context.Context) error { return s.requestStop(ctx, msg) })
}

// requestStop ends a reply that waits in the queue; of any other it sets the flag.
func (s *Service) requestStop(ctx context.Context, msg *ent.Message) error {
	// A reply that was read as waiting may be claimed by now: the guard decides.
	err := s.end(ctx, msg, ending{
		status: message.StatusStopped,
		usage:  usage.NoTokens(),
		guard:  []predicate.Message{message.StatusEQ(message.StatusPending), predicate.Message(run.Unclaimed())},
	})
	if err == nil || !errors.Is(err, run.ErrLost) {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return s.flagStop(ctx, tx, message.ID(msg.ID))
	})
}

// flagStop asks the runs of all unfinished replies that match to stop. A run that claims one later finds the flag before
// its call.
func (s *Service) flagStop(ctx context.Context, tx *store.Tx, which ...predicate.Message) error {
	which = append(which, message.JobIDIsNil(), unfinished())
	rows, err := tx.Client().Message.Query().Where(which...).All(ctx)
	if err != nil {
		return fmt.Errorf("chat: request stop: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	err = tx.Client().Message.Update().Where(append(which, message.StopRequestedAtIsNil())...).
		SetStopRequestedAt(store.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("chat: request stop: %w", err)
	}
	tx.AfterCommit(func(ctx context.Context) {
		for _, m := range rows {
			s.runs.SignalStop(ctx, *m.RunID)
		}
	})
	return nil
}

// estimate is what a reply used of which a text was shown, when its run does not report. One that was not begun used
// nothing, as far as is known.
func (s *Service) estimate(ctx context.Context, msg *ent.Message, shown string) (usage.Tokens, error) {
	if msg.Model == nil || msg.Status != message.StatusStreaming && shown == "" {
		return usage.NoTokens(), nil
	}
	model, _ := s.catalog.Get(*msg.Model)
	prompt, err := s.prompt(ctx, msg, model, 1)
	if err == nil && msg.OmittedMessages != nil && prompt.omitted < *msg.OmittedMessages { // It was too long for the model, and asked again in half the room.
		prompt, err = s.prompt(ctx, msg, model, 2)
	}
	if err != nil {
		return usage.Tokens{}, err
	}
	return usage.Of(ai.Usage{}, ai.TextRequest{Instruction: prompt.instruction, Turns: prompt.texts()}, shown), nil
}

// CurrentText is what a reader sees of a message now: while it is written the live text, else the row's.
func (s *Service) CurrentText(ctx context.Context, msg *ent.Message) (string, error) {
	if msg.Status != message.StatusStreaming || msg.RunID == nil {
		return msg.Text, nil
	}
	return s.runs.ShownText(ctx, *msg.RunID, msg.Text), nil
}
