package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// read composes the prompt. The lease is not renewed meanwhile, so reading may take half of it; a stop ends it at once.
func (w *writer) read(ctx context.Context, model catalog.Model, share int64) (*conversation, error) {
	ctx, cancel := context.WithTimeout(ctx, w.s.cfg.Lease/2)
	defer cancel()
	go func() {
		select {
		case <-w.StopRequested():
			cancel()
		case <-ctx.Done():
		}
	}()
	prompt, err := w.s.conversation(ctx, w.msg, model, share)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errs.Wrap(err, errs.Unavailable, "The conversation cannot be read for now.").Retry(0)
	}
	return prompt, err
}

// call makes one call to a provider. The row first says which model is asked.
func (w *writer) call(ctx context.Context, streamer ai.TextStreamer, model catalog.Model, prompt *conversation) (*ai.TextResult, error) {
	if err := w.s.noteAsked(ctx, w.msg, model.ID, prompt.omitted); err != nil {
		return nil, err
	}
	w.req = prompt.req
	return run.Do(ctx, w.Worker, run.StreamText(streamer, w.req))
}

// noteAsked writes which model a claimed reply is put to and how much it omits, before the call is made, and renews
// the lease. It returns run.ErrStopped when the end was requested meanwhile, as of a reply whose chat was deleted while
// it waited.
func (s *Service) noteAsked(ctx context.Context, msg *ent.Message, model string, omitted int) error {
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := run.Written(tx.Client().Message.Update().
			Where(mine(msg.ID, *msg.RunID), message.StatusEQ(message.StatusPending), message.StopRequestedAtIsNil()).
			SetModel(model).SetOmittedMessages(omitted).Modify(replies{s}.renewLease()).Save(ctx))
		if !errors.Is(err, run.ErrLost) {
			return err
		}
		isStopped, err := tx.Client().Message.Query().Where(mine(msg.ID, *msg.RunID), message.StopRequestedAtNotNil()).Exist(ctx)
		if err == nil && isStopped {
			return run.ErrStopped
		}
		return cmp.Or(err, run.ErrLost)
	})
	if err != nil {
		return fmt.Errorf("chat: put to a model: %w", err)
	}
	msg.Model, msg.OmittedMessages = &model, &omitted
	return nil
}
