package run

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
)

const (
	// gatherFor is the longest that a piece of text waits for more before it is published.
	gatherFor = 30 * time.Millisecond
	// cancelWait is how long a cancelled call may take to return. Its provider may not listen.
	cancelWait = time.Second
)

// Worker is a run at work on its row. Its methods and fields belong to the goroutine that works.
type Worker struct {
	Run oid.Run
	// Text is the text so far, published or not.
	Text *live.TextWriter
	// ProgressWriter publishes progress; nil for rows that have none.
	ProgressWriter *live.ProgressWriter
	// Progress is the newest that was reported.
	Progress Progress
	// IsMarked says that the row is marked: no other run may begin again.
	IsMarked bool
	// IsStopped says that the end was requested. Nothing more is shown from then on.
	IsStopped bool
	// IsLeaving says that the process stops: the run ends or requeues its row at once.
	IsLeaving bool

	bus      live.Bus
	log      *slog.Logger
	lease    time.Duration
	mark     func(ctx context.Context, first string) error
	renew    func(ctx context.Context, text string, p *Progress) (stop bool, err error)
	shutdown <-chan struct{} // closed when the process stops

	saver    *Saver                   // of the call under way
	flush    *time.Timer              // fires when gathered text is to be published
	reported atomic.Pointer[Progress] // Progress, for saves
	stopOnce sync.Once
	stop     chan struct{} // closed when the end was requested
}

// subscribeStop hears a stop at once. Without the bus, each renewal reads the flag instead.
func (w *Worker) subscribeStop(ctx context.Context) (cancel func()) {
	cancel, err := w.bus.Subscribe(ctx, live.ControlTopic(w.Run.String()), func([]byte) { w.requestStop() }, func() {})
	if err != nil {
		w.log.WarnContext(ctx, "the run cannot hear stops; it reads the flag each second", "error", err)
		return func() {}
	}
	return cancel
}

// requestStop may be called by any goroutine.
func (w *Worker) requestStop() { w.stopOnce.Do(func() { close(w.stop) }) }

// StopRequested is closed once the end was requested.
func (w *Worker) StopRequested() <-chan struct{} { return w.stop }

// MayCallAgain reports whether another call may be made by this run: nothing was shown, no end was requested and
// the process does not stop.
func (w *Worker) MayCallAgain() bool {
	if w.IsMarked {
		return false
	}
	w.IsStopped = w.IsStopped || isClosed(w.stop)
	w.IsLeaving = w.IsLeaving || isClosed(w.shutdown)
	return !w.IsStopped && !w.IsLeaving
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Persist makes a write of the run as [Persist] does.
func (w *Worker) Persist(ctx context.Context, write func(ctx context.Context) error) error {
	return Persist(ctx, w.lease, write)
}

// Mark marks the row, with the text so far. It is called before a paid call; of a text that is shown, the first piece does it.
func (w *Worker) Mark(ctx context.Context) error {
	if err := w.mark(ctx, w.Text.String()); err != nil {
		w.IsStopped = w.IsStopped || errors.Is(err, ErrStopped)
		return err
	}
	w.IsMarked = true
	return nil
}

// Report shows subscribers how far the work is. A value that is nil and a phase that is empty leave what is known.
func (w *Worker) Report(value *float64, phase string) {
	if value != nil {
		w.Progress.Value = value
	}
	if phase != "" {
		w.Progress.Phase = phase
	}
	now := w.Progress
	w.reported.Store(&now)
	w.ProgressWriter.Set(now.Value, now.Phase)
}

// save is the [Save] of a call. It runs beside the loop, and so reads nothing that the loop changes.
func (w *Worker) save(ctx context.Context, text string) (stop bool, err error) {
	return w.renew(ctx, text, w.reported.Load())
}

// handleSaved takes the outcome of a renewal. A database that does not answer is tried again, since the lease may still stand.
func (w *Worker) handleSaved(ctx context.Context, saved Saved) error {
	w.saver.Take(saved)
	if errors.Is(saved.Err, ErrLost) {
		return saved.Err
	}
	if saved.Err != nil {
		w.log.WarnContext(ctx, "a lease was not renewed", "run", w.Run.String(), "error", saved.Err)
	}
	if saved.Stop {
		w.requestStop()
	}
	return nil
}

// publish shows the text that was gathered, and has it saved.
func (w *Worker) publish(ctx context.Context) {
	w.Text.Publish(ctx)
	w.saver.Show(w.Text.Len(), false)
}

// handleUpdate takes what a call reports. The first piece of a text marks the row before it is shown, since what was shown
// cannot be written again; it is shown at once, and later ones are gathered.
func (w *Worker) handleUpdate(ctx context.Context, u Update) error {
	if w.IsStopped {
		return nil
	}
	if u.Phase != "" || u.Progress != nil {
		w.Report(u.Progress, u.Phase)
	}
	if u.Delta == "" {
		return nil
	}
	isFirst := !w.Text.Pending()
	w.Text.Write(u.Delta)
	if w.IsMarked {
		if isFirst {
			w.flush.Reset(gatherFor)
		}
		return nil
	}
	if err := w.Mark(ctx); err != nil {
		return err
	}
	w.Text.Publish(ctx)
	w.saver.Show(w.Text.Len(), true)
	return nil
}

// loop handles all that happens to the run while a call is under way. It returns nil when updates is closed, as the call has
// returned, and an error when the call is not waited for.
func (w *Worker) loop(ctx context.Context, updates <-chan Update, cancel func()) error {
	w.flush = stoppedTimer()
	defer w.flush.Stop()
	// A save that hangs for half a lease leaves time for another before the lease is over.
	w.saver = NewSaver(w.save, 0, w.lease/2)
	defer w.saver.Close()
	var progressDue <-chan time.Time
	if w.ProgressWriter != nil {
		progressDue = w.ProgressWriter.Due()
	}
	giveUp := stoppedTimer()
	defer giveUp.Stop()
	stop, shutdown := w.stop, w.shutdown // Each is handled once: a closed channel is ready for ever.
	for {
		var err error
		select {
		case u, ok := <-updates:
			if !ok {
				return nil
			}
			err = w.handleUpdate(ctx, u)
		case <-w.flush.C:
			w.publish(ctx)
		case <-progressDue:
			w.ProgressWriter.Publish(ctx)
		case <-w.saver.Due(): // What is stored was shown before, so the row is never ahead of the reader.
			w.publish(ctx)
			w.saver.Begin(ctx, w.Text.String())
		case saved := <-w.saver.Done():
			err = w.handleSaved(ctx, saved)
		case <-stop:
			stop, w.IsStopped = nil, true
			cancel()
			giveUp.Reset(cancelWait)
		case <-shutdown:
			shutdown, w.IsLeaving = nil, true
			cancel()
			giveUp.Reset(cancelWait)
		case <-giveUp.C:
			// The provider may have taken the request: what it used is estimated.
			return &ai.Error{Kind: ai.Canceled, Shown: w.Text.Len() > 0, Accepted: true}
		}
		if err != nil {
			return err
		}
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}
