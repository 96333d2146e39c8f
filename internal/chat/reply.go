package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/usage"
)

// WriteReply writes a pending reply as a run: it claims it, streams the model's answer to the bus and ends it. It returns
// nil when the run is stale, ErrBusy when the user has too many replies under way, and run.ErrStopping when the process
// begins no runs any more. A failure of the model is the reply's end, not an error.
func (s *Service) WriteReply(ctx context.Context, id oid.Message, runID oid.Run) error {
	return s.runs.Do(ctx, id, runID, func(ctx context.Context, msg *ent.Message, w *run.Worker) error {
		return (&writer{Worker: w, s: s, msg: msg}).write(ctx)
	})
}

// writer is the run of one reply.
type writer struct {
	*run.Worker
	s   *Service
	msg *ent.Message
	req ai.TextRequest // of the last call
}

func (w *writer) write(ctx context.Context) error {
	final, err := w.answer(ctx)
	if errors.Is(err, run.ErrLost) {
		return err
	}
	return w.finish(ctx, final, err)
}

// finish turns the outcome of the calls into the reply's end. A reply of which nothing was shown is requeued when the process
// stops, or when the database went away and not the model.
func (w *writer) finish(ctx context.Context, final *ai.TextResult, err error) error {
	switch {
	case final != nil:
		return w.end(ctx, w.completed(final))
	case errors.Is(err, run.ErrStopped): // No call was made.
		return w.end(ctx, ending{status: message.StatusStopped, usage: usage.Cut(err, w.req, "")})
	case w.IsStopped:
		return w.end(ctx, ending{status: message.StatusStopped, usage: w.usageOf(err), cancelled: true})
	case w.IsLeaving && !w.IsMarked:
		return w.giveBack(ctx, true)
	case errs.CodeOf(err) == errs.Unavailable && !w.IsMarked && w.msg.UnprovenRuns+1 < run.MaxUnproven:
		return w.giveBack(ctx, false)
	case w.IsLeaving:
		return w.end(ctx, ending{status: message.StatusInterrupted, failure: FailureWorkerLost, usage: w.usageOf(err)})
	default:
		return w.fail(ctx, err)
	}
}

// completed is the end of a stream that reached its result. Text that came after a stop was dropped, so such a reply
// is stopped even though the provider got to its end.
func (w *writer) completed(final *ai.TextResult) ending {
	text := w.Text.String()
	e := ending{status: message.StatusCompleted, finish: final.Finish, model: final.Model, usage: usage.Of(final.Usage, w.req, text)}
	e.free = !usage.IsOfUse(final.Finish, text)
	switch {
	case w.IsStopped:
		e.status, e.finish, e.free = message.StatusStopped, "", usage.IsRefused(final.Finish)
	case run.IsBlank(text):
		e.status, e.failure = message.StatusFailed, silence(final.Finish)
	}
	return e
}

// fail ends the reply with the model's failure.
func (w *writer) fail(ctx context.Context, err error) error {
	w.s.log.WarnContext(ctx, "a reply failed", "run", w.Run.String(), "kind", string(ai.KindOf(err)), "error", err)
	e := ending{status: message.StatusFailed, failure: failureOf(err), usage: w.usageOf(err)}
	if w.IsMarked {
		e.status = message.StatusInterrupted
	}
	return w.end(ctx, e)
}

func (w *writer) usageOf(err error) usage.Tokens { return usage.Cut(err, w.req, w.Text.String()) }

// end publishes the rest of the text and ends the reply.
func (w *writer) end(ctx context.Context, e ending) error {
	e.text = w.Text.String()
	if e.text != "" {
		w.Text.Publish(ctx)
	}
	return w.Persist(ctx, func(ctx context.Context) error { return w.s.end(ctx, w.msg, e) })
}

// giveBack requeues a reply of which nothing was shown, for another process. isProven says that the run did what it could.
func (w *writer) giveBack(ctx context.Context, isProven bool) error {
	ctx, cancel := context.WithTimeout(ctx, giveBackTime)
	defer cancel()
	if err := w.s.requeue(ctx, w.msg, isProven); err != nil && !errors.Is(err, run.ErrLost) {
		return fmt.Errorf("chat: give back: %w", err)
	}
	return nil
}
