package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// QueueErasure is the queue of the end of accounts. It is one of its own, since an account may take long to go.
const QueueErasure = "erasure"

const (
	// eraseEvery is how often accounts are looked for whose time is over; their people may have new ones soon after.
	eraseEvery = time.Minute
	// erasureTimeout is the longest one round may take; the next goes on where it ended.
	erasureTimeout = 30 * time.Minute
)

// ErasureArgs are those of a round of the erasure of accounts: none.
type ErasureArgs struct{}

// Kind implements the queue's interface.
func (ErasureArgs) Kind() string { return "erasure" }

// InsertOpts puts the round into its own queue, once: the next round makes up for one that failed.
func (ErasureArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueErasure, MaxAttempts: 1}
}

// erasure removes accounts.
type erasure struct {
	river.WorkerDefaults[ErasureArgs]
	run func(context.Context) error
}

// Timeout is longer than the queue's: an account may be large.
func (*erasure) Timeout(*river.Job[ErasureArgs]) time.Duration { return erasureTimeout }

// Work does one round.
func (w *erasure) Work(ctx context.Context, _ *river.Job[ErasureArgs]) error {
	return w.run(ctx)
}

// erasures is the erasure's own round, every minute and at the start.
func erasures() *river.PeriodicJob {
	return river.NewPeriodicJob(
		river.PeriodicInterval(eraseEvery),
		func() (river.JobArgs, *river.InsertOpts) { return ErasureArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true},
	)
}
