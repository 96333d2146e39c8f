package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// lookEvery is how often stopReply looks at the row in case the notice of the end was lost.
const lookEvery = 250 * time.Millisecond

// Stop ends a reply and returns it as it ended; its row is the receipt, so stopping twice
// gives the same. A reply nobody works on is ended at once; else the worker is told, and
// when it has not answered within Config.StopWait its run is taken over.
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
	if err := s.requestStop(ctx, msg); err != nil {
		return nil, err
	}
	wake, quiet, err := s.newsOf(ctx, user)
	if err != nil {
		return nil, err
	}
	defer quiet()
	if ended, err := s.awaitEnd(ctx, wake, msg.ID); err != nil || ended != nil {
		return ended, err
	}
	return s.takeOver(ctx, msg.ID)
}

// requestStop sets the flag and tells the worker. A reply that waits in the queue is ended here.
func (s *Service) requestStop(ctx context.Context, msg *ent.Message) error {
	err := s.end(ctx, msg, *msg.RunID, ending{
		status: message.StatusStopped,
		usage:  usage.Nothing(),
		guard:  []predicate.Message{message.StatusEQ(message.StatusPending), message.LeaseUntilMsIsNil()},
	})
	if err == nil || !errors.Is(err, errRunLost) {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return s.flagStop(ctx, tx, message.ID(msg.ID))
	})
}

// flagStop asks the workers of all running replies that match to stop.
func (s *Service) flagStop(ctx context.Context, tx *store.Tx, which ...predicate.Message) error {
	which = append(which, message.JobIDIsNil(), message.StatusIn(message.StatusPending, message.StatusStreaming))
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
			if err := s.bus.Publish(ctx, live.ControlTopic(m.RunID.String()), []byte("stop")); err != nil {
				s.log.DebugContext(ctx, "a stop was not published; the worker reads the flag", "error", err)
			}
		}
	})
	return nil
}

// newsOf returns a channel that has a value when something of the person's may have changed. While
// the bus is down it never has: the worker then reads the flag, and the row tells of the end.
func (s *Service) newsOf(ctx context.Context, user oid.User) (wake <-chan struct{}, quiet func(), err error) {
	reader, err := s.feed.Open(ctx, user, nil)
	if errs.CodeOf(err) == errs.Unavailable && ctx.Err() == nil {
		return nil, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return reader.Wake(), reader.Close, nil
}

// awaitEnd waits for the reply's end; nil when it does not come in time.
func (s *Service) awaitEnd(ctx context.Context, wake <-chan struct{}, id oid.Message) (*ent.Message, error) {
	deadline := time.NewTimer(s.cfg.StopWait)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		msg, err := found(s.store.Client().Message.Get(ctx, id))
		if err != nil || !running(msg.Status) {
			return msg, err
		}
		select {
		case <-wake: // The row is read next; the events only say when.
		case <-look.C:
		case <-deadline.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// takeOver ends a reply whose worker does not answer, with the longer of live text and
// checkpoint. The worker finds that the run is lost at its next write.
func (s *Service) takeOver(ctx context.Context, id oid.Message) (*ent.Message, error) {
	msg, err := found(s.store.Client().Message.Get(ctx, id))
	if err != nil || !running(msg.Status) {
		return msg, err
	}
	err = s.seize(ctx, msg, ending{status: message.StatusStopped})
	if err != nil && !errors.Is(err, errRunLost) {
		return nil, err
	}
	return found(s.store.Client().Message.Get(ctx, id))
}

// seize ends another's run from outside with the text that was shown.
func (s *Service) seize(ctx context.Context, msg *ent.Message, e ending) error {
	text, err := s.shownText(ctx, msg)
	if err != nil {
		return err
	}
	e.text = text
	if e.usage, err = s.estimate(ctx, msg, text); err != nil {
		return err
	}
	return s.end(ctx, msg, *msg.RunID, e)
}

// estimate is what a reply used of which a text was shown, when its worker does not tell. One that was not begun used
// nothing, as far as anybody knows.
func (s *Service) estimate(ctx context.Context, msg *ent.Message, shown string) (usage.Tokens, error) {
	if msg.Model == nil || msg.Status != message.StatusStreaming && shown == "" {
		return usage.Nothing(), nil
	}
	model, _ := s.catalog.Get(*msg.Model)
	told, err := s.told(ctx, msg, model, 1)
	if err == nil && msg.OmittedMessages != nil && told.omitted < *msg.OmittedMessages { // It was too long for the model, and asked again in half the room.
		told, err = s.told(ctx, msg, model, 2)
	}
	if err != nil {
		return usage.Tokens{}, err
	}
	return usage.Of(ai.Usage{}, ai.TextRequest{Instruction: told.instruction, Turns: told.texts()}, shown), nil
}

// shownText is the longer of the live text and the checkpoint.
func (s *Service) shownText(ctx context.Context, msg *ent.Message) (string, error) {
	text, ok, err := s.bus.Text(ctx, msg.RunID.String())
	if err != nil {
		s.log.DebugContext(ctx, "live text cannot be read; the checkpoint stands", "error", err)
	}
	if ok && len(text) > len(msg.Text) {
		return text, nil
	}
	return msg.Text, nil
}

// CurrentText is what a reader sees of a message now: while it is written the live text, else the row's.
func (s *Service) CurrentText(ctx context.Context, msg *ent.Message) (string, error) {
	if msg.Status != message.StatusStreaming || msg.RunID == nil {
		return msg.Text, nil
	}
	return s.shownText(ctx, msg)
}
