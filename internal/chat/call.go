package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// read puts together what the model is told. The lease is not renewed meanwhile, so that it may take half of it;
// a stop ends it at once.
func (w *writer) read(ctx context.Context, model catalog.Model, share int64) (*conversation, error) {
	ctx, cancel := context.WithTimeout(ctx, w.s.cfg.Lease/2)
	defer cancel()
	go func() {
		select {
		case <-w.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	told, err := w.s.conversation(ctx, w.msg, model, share)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errs.Wrap(err, errs.Unavailable, "The conversation cannot be read for now.").Retry(0)
	}
	return told, err
}

// call makes one call to a provider, having noted whom it goes to.
func (w *writer) call(ctx, work context.Context, streamer ai.TextStreamer, model catalog.Model, told *conversation) (*ai.TextResult, error) {
	if err := w.s.noteAsked(work, w.msg, w.run, model.ID, told.omitted); err != nil {
		return nil, err
	}
	w.req = told.req
	call, cancel := context.WithCancel(work)
	defer cancel()
	parts, release := pump(call, streamer, w.req)
	defer release()
	return w.loop(ctx, work, parts, cancel)
}

// errStopped says that the end was asked for before the call was made, as of a reply whose chat was deleted while it waited.
var errStopped = errors.New("chat: stopped before the model was asked")

// lostOrStopped tells why a run may make no call.
func lostOrStopped(ctx context.Context, tx *store.Tx, id oid.Message, run oid.Run) error {
	still, err := tx.Client().Message.Query().Where(mine(id, run), message.StopRequestedAtNotNil()).Exist(ctx)
	switch {
	case err != nil:
		return err
	case still:
		return errStopped
	default:
		return errRunLost
	}
}

// noteAsked writes which model a claimed reply is put to and what it is not told, before the call is made, and
// renews the lease. It answers errStopped when the end was asked for meanwhile.
func (s *Service) noteAsked(ctx context.Context, msg *ent.Message, run oid.Run, model string, omitted int) error {
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().Message.Update().
			Where(mine(msg.ID, run), message.StatusEQ(message.StatusPending), message.StopRequestedAtIsNil()).
			SetModel(model).SetOmittedMessages(omitted).Modify(s.renew()).Save(ctx)
		if err == nil && n == 0 {
			err = lostOrStopped(ctx, tx, msg.ID, run)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("chat: put to a model: %w", err)
	}
	msg.Model, msg.OmittedMessages = &model, &omitted
	return nil
}
