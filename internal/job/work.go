package job

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
)

const (
	// gather is the longest a piece of text waits for more before it is published.
	gather = 30 * time.Millisecond
	// writeAgain is the wait before an outcome is written again to a database that was out of reach.
	writeAgain = 250 * time.Millisecond
	// cancelWait is how long a cancelled call may take to let go.
	cancelWait = time.Second
)

// Work works on a job as run: it claims it, makes the provider's calls and writes what came of them. It
// returns nil when the run is stale, and run.ErrStopping when the process begins no runs any more. A failure of the
// provider is the job's, not an error.
func (s *Service) Work(ctx context.Context, id oid.Job, run oid.Run) error { //nolint:gocritic // The package is not used here.
	over, err := s.process.Begin(run, "job")
	if err != nil {
		return err
	}
	defer over()
	j, err := s.claim(ctx, id, run)
	if err != nil || j == nil {
		return err
	}
	w := &worker{
		s: s, job: j, run: run, stop: make(chan struct{}),
		text:  live.NewTextWriter(s.bus, run.String(), s.log, func(int) {}),
		gauge: live.NewProgressWriter(s.bus, j.ID.String(), run.String(), s.log),
	}
	err = w.work(ctx)
	if errors.Is(err, errRunLost) {
		s.log.InfoContext(ctx, "a job was taken over while it was worked on", "run", run.String())
		return nil
	}
	return err
}

// worker is one run's state. Its loop alone touches it, but for what call says.
type worker struct {
	s     *Service
	job   *ent.Job
	run   oid.Run
	text  *live.TextWriter
	gauge *live.ProgressWriter
	saver *run.Saver      // of the call under way
	asked *ai.TextRequest // of a text, once it is asked for

	progress *float64
	phase    string
	shown    atomic.Pointer[standing] // progress and phase, for saves
	marked   bool                     // the call must not be repeated by another run

	stopOnce  sync.Once
	stop      chan struct{} // closed when somebody asks to cancel
	cancelled bool
	leaving   bool // the process is shutting down
}

// sign is what a call tells while it runs.
type sign struct {
	delta    string
	progress *float64
	phase    string
}

// call is a provider's call with what belongs to it. It runs in a goroutine of its own, which may outlive
// the run, so it touches nothing of the worker; tell gives signs to the loop.
type call[T any] func(ctx context.Context, tell func(sign)) (T, error)

func (w *worker) work(ctx context.Context) error {
	// The run ends by its own rules: what must be written at the end outlives the context of the queue.
	work := context.WithoutCancel(ctx)
	unlisten := w.listen(work)
	defer unlisten()
	switch w.job.Kind {
	case entjob.KindImage:
		return w.image(ctx, work)
	case entjob.KindVideo:
		return w.video(ctx, work)
	case entjob.KindPlan, entjob.KindPrompts, entjob.KindExport:
		return w.compose(ctx, work)
	default:
		return w.write(ctx, work)
	}
}

// listen hears a cancel at once; when the bus is down keep reads the flag instead.
func (w *worker) listen(ctx context.Context) (cancel func()) {
	cancel, err := w.s.bus.Subscribe(ctx, live.ControlTopic(w.run.String()), func([]byte) { w.ask() }, func() {})
	if err != nil {
		w.s.log.WarnContext(ctx, "the run cannot hear cancels; it reads the flag each second", "error", err)
		return func() {}
	}
	return cancel
}

func (w *worker) ask() { w.stopOnce.Do(func() { close(w.stop) }) }

// drive makes a call and attends to the run meanwhile: signs are published, the lease is renewed, and
// a cancel, a shutdown or the job's deadline ends the call.
func drive[T any](ctx, work context.Context, w *worker, c call[T]) (T, error) {
	calling, cancel := context.WithDeadline(ai.WithAttempt(work, w.job.Attempt), *w.job.DeadlineAt)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	signs, gone, done := make(chan sign), make(chan struct{}), make(chan outcome, 1)
	defer close(gone)
	go func() {
		defer close(signs)
		defer func() {
			if v := recover(); v != nil {
				done <- outcome{err: run.Recovered(v)}
			}
		}()
		v, err := c(calling, func(st sign) {
			select {
			case signs <- st:
			case <-gone:
			}
		})
		done <- outcome{v, err}
	}()
	if err := w.attend(ctx, work, signs, cancel); err != nil {
		var none T
		return none, err
	}
	out := <-done
	return out.value, out.err
}

// attend is the run's loop. It returns nil when the call has returned, and an error when it is not waited for.
func (w *worker) attend(ctx, work context.Context, signs <-chan sign, cancel func()) error {
	flush := time.NewTimer(time.Hour)
	flush.Stop()
	w.saver = run.NewSaver(w.save(), 0, w.s.cfg.Lease/2)
	defer w.saver.Close()
	var giveUp <-chan time.Time
	quit := func() {
		cancel()
		if giveUp == nil {
			giveUp = time.After(cancelWait)
		}
	}
	stop, leave := w.stop, ctx.Done()
	for {
		select {
		case st, ok := <-signs:
			if !ok {
				return nil
			}
			if err := w.hear(work, st, flush); err != nil {
				return err
			}
		case <-flush.C:
			w.publish(work)
		case <-w.gauge.Due():
			w.gauge.Publish(work)
		case <-w.saver.Due():
			w.publish(work)
			w.saver.Begin(work, w.text.String())
		case saved := <-w.saver.Done():
			if err := w.kept(work, saved); err != nil {
				return err
			}
		case <-stop:
			stop, w.cancelled = nil, true
			quit()
		case <-leave:
			leave, w.leaving = nil, true
			quit()
		case <-giveUp:
			return &ai.Error{Kind: ai.Canceled, Provider: w.job.Provider, Accepted: true}
		}
	}
}

// hear takes a sign of the call. The first piece of a text is marked before it is shown, since
// what was shown cannot be written anew.
func (w *worker) hear(ctx context.Context, st sign, flush *time.Timer) error {
	if w.cancelled {
		return nil // Nothing more is shown once the end was asked for.
	}
	if st.phase != "" || st.progress != nil {
		w.show(st.progress, st.phase)
	}
	if st.delta == "" {
		return nil
	}
	fresh := !w.text.Pending()
	w.text.Write(st.delta)
	if w.marked {
		if fresh {
			flush.Reset(gather)
		}
		return nil
	}
	if err := w.mark(ctx); err != nil {
		return err
	}
	w.text.Publish(ctx)
	w.saver.Show(w.text.Len(), true)
	return nil
}

// mark makes sure, before it is made or shown, that the call is never repeated by another run. It stores the first piece
// of a text.
func (w *worker) mark(ctx context.Context) error {
	first := w.text.String()
	err := w.persist(ctx, func(ctx context.Context) error { return w.s.mark(ctx, w.job, w.run, first) })
	if err != nil {
		w.cancelled = w.cancelled || errors.Is(err, errCancelled)
		return err
	}
	w.marked = true
	return nil
}

// show tells subscribers how far the work is.
func (w *worker) show(progress *float64, phase string) {
	if progress != nil {
		w.progress = progress
	}
	if phase != "" {
		w.phase = phase
	}
	w.shown.Store(&standing{w.progress, w.phase})
	w.gauge.Set(w.progress, w.phase)
}

// standing is how far the work is.
type standing struct {
	progress *float64
	phase    string
}

// publish sends the text that was gathered, and has it saved.
func (w *worker) publish(ctx context.Context) {
	w.text.Publish(ctx)
	w.saver.Show(w.text.Len(), false)
}

// save returns the call's [run.Save], which also stores how far the work is.
func (w *worker) save() run.Save {
	return func(ctx context.Context, text string) (stop bool, err error) {
		return w.s.keep(ctx, w.job.ID, w.run, text, w.shown.Load())
	}
}

// kept takes the outcome of a save. A database that does not answer is tried again, as long as the lease may still stand.
func (w *worker) kept(ctx context.Context, saved run.Saved) error {
	w.saver.Take(saved)
	if errors.Is(saved.Err, errRunLost) {
		return saved.Err
	}
	if saved.Err != nil {
		w.s.log.WarnContext(ctx, "a lease was not renewed", "run", w.run.String(), "error", saved.Err)
	}
	if saved.Stop {
		w.ask()
	}
	return nil
}

// persist writes an outcome. A database out of reach is tried again for as long as the lease may
// stand. Trying twice is safe, as each outcome is conditional on the run.
func (w *worker) persist(ctx context.Context, write func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.s.cfg.Lease)
	defer cancel()
	for {
		err := write(ctx)
		if errs.CodeOf(err) != errs.Unavailable || errors.Is(err, errStore) {
			return err
		}
		select {
		case <-time.After(writeAgain):
		case <-ctx.Done():
			return err
		}
	}
}

// failed decides what a failed attempt means: the end, another attempt, or another process. What was shown of a text is
// kept, and its attempt is the last.
func (w *worker) failed(ctx context.Context, err error, repeatable func(*ai.Error) bool) error {
	var fault *ai.Error
	switch {
	case errors.Is(err, errRunLost):
		return err
	case w.cancelled:
		return w.end(ctx, w.cut(err))
	case !w.marked && w.leaving:
		return w.persist(ctx, func(ctx context.Context) error { return w.s.giveBack(ctx, w.job) })
	case !w.marked && errs.CodeOf(err) == errs.Unavailable && !errors.Is(err, errStore):
		return w.retry(ctx, FailureWorkerLost, 0) // The database went away, not the provider.
	case w.leaving:
		return w.end(ctx, w.broken(FailureWorkerLost, err))
	case errors.As(err, &fault) && repeatable(fault) && w.text.Len() == 0 && w.job.Attempt <= len(w.s.cfg.Waits):
		return w.retry(ctx, failureOf(err), max(w.s.cfg.Waits[w.job.Attempt-1], min(fault.RetryAfter, maxRetryAfter)))
	}
	w.s.log.WarnContext(ctx, "a job failed", "run", w.run.String(), "kind", string(ai.KindOf(err)), "error", err)
	e := w.broken(failureOf(err), err)
	e.lost = isLost(err)
	return w.end(ctx, e)
}

// maxRetryAfter is the longest wish of a provider that is granted.
const maxRetryAfter = 30 * time.Second

func (w *worker) retry(ctx context.Context, code FailureCode, wait time.Duration) error {
	w.s.meter.AttemptFailed(string(w.job.Kind), string(code))
	return w.persist(ctx, func(ctx context.Context) error { return w.s.again(ctx, w.job, code, wait) })
}

func (w *worker) end(ctx context.Context, e ending) error {
	return w.persist(ctx, func(ctx context.Context) error { return w.s.end(ctx, w.job, e) })
}

// phaseText puts a provider's phase in words.
func phaseText(p ai.Phase) string {
	switch p {
	case "":
		return ""
	case ai.PhaseQueued:
		return "In the provider's queue"
	case ai.PhaseGenerating:
		return phaseMaking
	default:
		return strings.ToUpper(string(p[:1])) + string(p[1:])
	}
}
