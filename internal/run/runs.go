package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Parts are what the runs of one kind of row work with.
type Parts struct {
	// Kind is what runs work on, for the log and the list of a process's runs: reply or job.
	Kind string
	// Entry is the kind of the queue's entries that name a run.
	Entry   string
	Store   *store.Store
	Feed    *feed.Feed
	Bus     live.Bus
	Process *Process
	Log     *slog.Logger
	// Published is called with the bytes of each piece of live text; nil for nothing.
	Published func(bytes int)
	// Lease is how long a run may go without renewing.
	Lease time.Duration
	// StopWait is how long a stop waits for the run before it takes the row over.
	StopWait time.Duration
	// OrphanAfter is how old an unclaimed row must be before the sweep looks for its entry in the queue.
	OrphanAfter time.Duration
}

// Runs does the protocol for one kind of row. It is safe for concurrent use.
type Runs[ID, R any] struct {
	Parts
	record Record[ID, R]
}

// New returns the runs of the rows of a record.
func New[ID, R any](record Record[ID, R], p Parts) *Runs[ID, R] {
	if p.Published == nil {
		p.Published = func(int) {}
	}
	return &Runs[ID, R]{Parts: p, record: record}
}

// Do has a run work on a row: it claims the row and calls work, which ends the row, requeues it or parks it. It returns nil
// when the run is stale, or is lost while it works, and ErrStopping when the process begins no runs any more. Work's
// context does not end with ctx, whose end says that the process stops: what must be written then is written.
func (r *Runs[ID, R]) Do(ctx context.Context, id ID, run oid.Run, work func(ctx context.Context, row *R, w *Worker) error) error {
	end, err := r.Process.Begin(run, r.Kind)
	if err != nil {
		return err
	}
	defer end()
	row, err := r.record.Claim(ctx, id, run)
	if err != nil || row == nil {
		return err
	}
	// Subscribed before the first call: a stop that was published earlier has set the flag, which Mark or Renew reads.
	w := r.worker(row, run, ctx.Done())
	detached := context.WithoutCancel(ctx) // The end is written though the queue cancels its work.
	cancel := w.subscribeStop(detached)
	defer cancel()
	err = work(detached, row, w)
	if errors.Is(err, ErrLost) {
		r.Log.InfoContext(ctx, "a run was lost to another while it worked", "kind", r.Kind, "run", run.String())
		return nil
	}
	return err
}

// worker is the run of a claimed row.
func (r *Runs[ID, R]) worker(row *R, run oid.Run, shutdown <-chan struct{}) *Worker {
	return &Worker{
		Run: run, Text: live.NewTextWriter(r.Bus, run.String(), r.Log, r.Published),
		bus: r.Bus, log: r.Log, lease: r.Lease, shutdown: shutdown, stop: make(chan struct{}),
		mark: func(ctx context.Context, first string) error { return r.record.Mark(ctx, row, first) },
		renew: func(ctx context.Context, text string, p *Progress) (bool, error) {
			return r.renew(ctx, row, text, p)
		},
	}
}

// renew is a run's [Save]. As a rule it is one statement. Only where that matches no row, a second one finds out whether a
// stop was requested or the run is lost.
func (r *Runs[ID, R]) renew(ctx context.Context, row *R, text string, p *Progress) (stop bool, err error) {
	rows, err := r.record.Renew(ctx, row, text, p, r.record.StopNotRequested())
	if err != nil || rows > 0 {
		return false, err
	}
	if err := Written(r.record.Renew(ctx, row, text, p)); err != nil {
		return false, err
	}
	return true, nil
}

// ShownText is what readers were shown of a run's text at least: the longer of its live text and its row's.
func (r *Runs[ID, R]) ShownText(ctx context.Context, run oid.Run, stored string) string {
	text, ok, err := r.Bus.Text(ctx, run.String())
	if err != nil {
		r.Log.DebugContext(ctx, "live text cannot be read; the stored text stands", "error", err)
	}
	if ok && len(text) > len(stored) {
		return text
	}
	return stored
}
