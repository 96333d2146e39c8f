package chat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

const (
	// gather is the longest a delta waits for more before it is published.
	gather = 30 * time.Millisecond
	// endAgain is the wait before a reply's end is written again.
	endAgain = 250 * time.Millisecond
	// cancelWait is how long a cancelled provider may take to let go.
	cancelWait = time.Second
)

// WriteReply writes a pending reply as run: it claims it, streams the model's answer to
// the bus and ends it. It returns nil when the run is stale, ErrBusy when the person has too many replies under way,
// and run.ErrStopping when the process begins no runs any more. A failure of the model is the reply's end, not an error.
func (s *Service) WriteReply(ctx context.Context, id oid.Message, run oid.Run) error { //nolint:gocritic // The package is not used here.
	over, err := s.process.Begin(run, "reply")
	if err != nil {
		return err
	}
	defer over()
	msg, err := s.claim(ctx, id, run)
	if err != nil || msg == nil {
		return err
	}
	w := &writer{s: s, msg: msg, run: run, topic: run.String(), stop: make(chan struct{})}
	w.text = live.NewTextWriter(s.bus, w.topic, s.log, s.meter.DeltaPublished)
	err = w.write(ctx)
	if errors.Is(err, errRunLost) {
		s.log.InfoContext(ctx, "a reply was taken over while it was written", "run", run.String())
		return nil
	}
	return err
}

// writer is one run's state. Its loop is the only goroutine that touches it.
type writer struct {
	s     *Service
	msg   *ent.Message
	run   oid.Run
	topic string
	req   ai.TextRequest

	text    *live.TextWriter
	saver   *run.Saver // of the call under way
	started bool

	stopOnce sync.Once
	stop     chan struct{} // closed when somebody asks to stop
	stopped  bool
	leaving  bool // the process is shutting down
}

// part is one step of the provider's stream.
type part struct {
	event ai.TextEvent
	err   error
}

func (w *writer) write(ctx context.Context) error {
	// The run ends by its own rules: what must be written at the end outlives the job's context.
	work := context.WithoutCancel(ctx)
	unlisten := w.listen(work)
	defer unlisten()
	final, err := w.answer(ctx, work)
	if errors.Is(err, errRunLost) {
		return err
	}
	return w.finish(work, final, err)
}

// listen hears a stop at once; when the bus is down each checkpoint reads the flag instead.
func (w *writer) listen(ctx context.Context) (cancel func()) {
	ask := func() { w.stopOnce.Do(func() { close(w.stop) }) }
	cancel, err := w.s.bus.Subscribe(ctx, live.ControlTopic(w.topic), func([]byte) { ask() }, func() {})
	if err != nil {
		w.s.log.WarnContext(ctx, "the run cannot hear stops; it reads the flag each second", "error", err)
		return func() {}
	}
	return cancel
}

// pump runs the provider's stream in a goroutine of its own. release lets it go when nobody
// reads any more.
func pump(ctx context.Context, streamer ai.TextStreamer, req ai.TextRequest) (<-chan part, func()) {
	parts := make(chan part)
	gone := make(chan struct{})
	go func() {
		defer close(parts)
		defer func() {
			if v := recover(); v != nil {
				select {
				case parts <- part{err: run.Recovered(v)}:
				case <-gone:
				}
			}
		}()
		for event, err := range streamer.StreamText(ctx, req) {
			select {
			case parts <- part{event, err}:
			case <-gone:
				return
			}
		}
	}()
	return parts, func() { close(gone) }
}

// loop reads the stream until it ends, publishing as it goes.
func (w *writer) loop(ctx, work context.Context, parts <-chan part, cancel func()) (*ai.TextResult, error) { //nolint:gocyclo // One case for each thing that can happen to a run.
	flush := time.NewTimer(time.Hour)
	flush.Stop()
	w.saver = run.NewSaver(w.save, 0, w.s.cfg.Lease/2)
	defer w.saver.Close()
	var giveUp <-chan time.Time
	quit := func() {
		cancel()
		if giveUp == nil {
			giveUp = time.After(cancelWait)
		}
	}
	stop, done := w.stop, ctx.Done()
	for {
		select {
		case p, ok := <-parts:
			if !ok {
				return nil, &ai.Error{Kind: ai.Interrupted, Shown: w.started, Accepted: true, Cause: errors.New("the stream ended without a result")}
			}
			if p.err != nil || p.event.Final != nil {
				return p.event.Final, p.err
			}
			if w.stopped {
				continue // Nothing more is shown once the end was asked for.
			}
			if err := w.take(work, p.event.Delta, flush); err != nil {
				return nil, err
			}
		case <-flush.C:
			w.publish(work)
		case <-w.saver.Due():
			w.publish(work)
			w.saver.Begin(work, w.text.String())
		case saved := <-w.saver.Done():
			if err := w.kept(work, saved); err != nil {
				return nil, err
			}
		case <-stop:
			stop, w.stopped = nil, true
			quit()
		case <-done:
			done, w.leaving = nil, true
			quit()
		case <-giveUp:
			return nil, &ai.Error{Kind: ai.Canceled, Shown: w.started, Accepted: true} // Nobody knows, so it may have.
		}
	}
}

// take adds a delta. The first is stored and published at once, the others gathered.
func (w *writer) take(ctx context.Context, delta string, flush *time.Timer) error {
	if delta == "" {
		return nil
	}
	first := !w.text.Pending()
	w.text.Write(delta)
	if w.started {
		if first {
			flush.Reset(gather)
		}
		return nil
	}
	if err := w.s.start(ctx, w.msg, w.run, w.text.String()); err != nil {
		return err
	}
	w.started = true
	w.text.Publish(ctx)
	w.saver.Show(w.text.Len(), true)
	return nil
}

// publish sends the text that was gathered, and has it saved.
func (w *writer) publish(ctx context.Context) {
	w.text.Publish(ctx)
	w.saver.Show(w.text.Len(), false)
}

// save is the run's [run.Save].
func (w *writer) save(ctx context.Context, text string) (stop bool, err error) {
	return w.s.checkpoint(ctx, w.msg.ID, w.run, text)
}

// kept takes the outcome of a save. A database that does not answer is tried again, as long as the lease may still stand.
func (w *writer) kept(ctx context.Context, saved run.Saved) error {
	w.saver.Take(saved)
	if errors.Is(saved.Err, errRunLost) {
		return saved.Err
	}
	if saved.Err != nil {
		w.s.log.WarnContext(ctx, "checkpoint failed", "run", w.topic, "error", saved.Err)
	}
	if saved.Stop {
		w.stopOnce.Do(func() { close(w.stop) })
	}
	return nil
}

// finish turns the stream's outcome into the reply's end.
func (w *writer) finish(ctx context.Context, final *ai.TextResult, err error) error {
	switch {
	case final != nil:
		return w.close(ctx, w.closed(final))
	case errors.Is(err, errStopped):
		return w.close(ctx, ending{status: message.StatusStopped, usage: usage.Cut(err, w.req, "")})
	case w.stopped:
		return w.close(ctx, ending{status: message.StatusStopped, usage: w.usageOf(err), cancelled: true})
	case w.leaving && !w.started:
		return w.giveBack(ctx, true)
	case errs.CodeOf(err) == errs.Unavailable && !w.started && w.msg.UnprovenRuns+1 < run.MaxUnproven:
		return w.giveBack(ctx, false) // The database went away, not the model.
	case w.leaving:
		return w.close(ctx, ending{status: message.StatusInterrupted, failure: FailureWorkerLost, usage: w.usageOf(err)})
	default:
		return w.fail(ctx, err)
	}
}

// closed is the end of a stream that reached its result. Text that came after a stop was
// dropped, so such a reply is stopped even though the provider got to its end.
func (w *writer) closed(final *ai.TextResult) ending {
	said := w.text.String()
	e := ending{status: message.StatusCompleted, finish: final.Finish, model: final.Model, usage: usage.Of(final.Usage, w.req, said)}
	e.free = !usage.IsOfUse(final.Finish, said)
	switch {
	case w.stopped:
		e.status, e.finish, e.free = message.StatusStopped, "", usage.IsRefused(final.Finish)
	case run.IsBlank(said):
		e.status, e.failure = message.StatusFailed, silence(final.Finish)
	}
	return e
}

// fail ends the reply with the model's failure.
func (w *writer) fail(ctx context.Context, err error) error {
	w.s.log.WarnContext(ctx, "a reply failed", "run", w.topic, "kind", string(ai.KindOf(err)), "error", err)
	e := ending{status: message.StatusFailed, failure: failureOf(err), usage: w.usageOf(err)}
	if w.started {
		e.status = message.StatusInterrupted
	}
	return w.close(ctx, e)
}

func (w *writer) usageOf(err error) usage.Tokens { return usage.Cut(err, w.req, w.text.String()) }

// close publishes the rest and ends the reply. A database out of reach is tried again for as long as the
// lease may stand: a whole reply is not to be lost to a restart. Trying twice is safe, as a run ends once.
func (w *writer) close(ctx context.Context, e ending) error {
	e.text = w.text.String()
	if e.text != "" {
		w.text.Publish(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.s.cfg.Lease)
	defer cancel()
	for {
		err := w.s.end(ctx, w.msg, w.run, e)
		if errs.CodeOf(err) != errs.Unavailable {
			return err
		}
		select {
		case <-time.After(endAgain):
		case <-ctx.Done():
			return err
		}
	}
}

// giveBack returns a reply of which nothing was shown to the queue, for another process. proven says that the run did
// what it could.
func (w *writer) giveBack(ctx context.Context, proven bool) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	err := w.s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		w.msg.RunID = &w.run
		_, err := w.s.requeue(ctx, tx, w.msg, proven)
		return err
	})
	if err != nil {
		return fmt.Errorf("chat: give back: %w", err)
	}
	return nil
}
