package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// QueueErasure is the queue for the erasure of accounts. It is separate, since an account may take long and
// must not delay other work.
const QueueErasure = "erasure"

const (
	// eraseEvery is how often accounts are erased whose grace period has passed. It is short because the
	// users may sign up again right after.
	eraseEvery = time.Minute
	// erasureTimeout is the longest time of one round; the next continues where it ended.
	erasureTimeout = 30 * time.Minute
)

// ErasureArgs are the arguments of an erasure round: none.
type ErasureArgs struct{}

// Kind implements the queue's interface.
func (ErasureArgs) Kind() string { return "erasure" }

// InsertOpts puts the round into its own queue, with one attempt: the next round makes up for a failed one.
func (ErasureArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueErasure, MaxAttempts: 1}
}

// erasure removes accounts.
type erasure struct {
	river.WorkerDefaults[ErasureArgs]
	run func(context.Context) error
}

// Timeout is longer than the queue's, because an account may be large.
func (*erasure) Timeout(*river.Job[ErasureArgs]) time.Duration { return erasureTimeout }

// Work does one round.
func (w *erasure) Work(ctx context.Context, _ *river.Job[ErasureArgs]) error {
	return w.run(ctx)
}

// erasures is the periodic job of the erasure: every minute and at the start.
func erasures() *river.PeriodicJob {
	return river.NewPeriodicJob(
		river.PeriodicInterval(eraseEvery),
		func() (river.JobArgs, *river.InsertOpts) { return ErasureArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true},
	)
}
