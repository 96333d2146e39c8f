package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/weav-ai/weav/internal/billing"
)

const (
	// recoverEvery is how often payments are looked at that nobody told of.
	recoverEvery = time.Minute
	// recoveryTimeout is the longest one round may take: its payments wait for the gateway side by side.
	recoveryTimeout = 30 * time.Minute
	// checkTimeout is longer than a gateway takes to answer.
	checkTimeout = 2 * time.Minute
)

// RecoveryArgs are those of a round of the recovery of payments: none.
type RecoveryArgs struct{}

// Kind implements the queue's interface.
func (RecoveryArgs) Kind() string { return "payment_recovery" }

// InsertOpts puts the round into the payments' queue, once: a round that is late makes up for those before it.
func (RecoveryArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: billing.Queue, MaxAttempts: 1}
}

// recovery looks at the payments that are due for it.
type recovery struct {
	river.WorkerDefaults[RecoveryArgs]
	payments *billing.Service
}

// Timeout is longer than the queue's: a gateway may take its time.
func (*recovery) Timeout(*river.Job[RecoveryArgs]) time.Duration { return recoveryTimeout }

// Work does one round.
func (w *recovery) Work(ctx context.Context, _ *river.Job[RecoveryArgs]) error {
	return w.payments.Recover(ctx)
}

// checks look at single payments.
type checks struct {
	river.WorkerDefaults[billing.CheckArgs]
	payments *billing.Service
}

// Timeout is longer than the queue's: a gateway may take its time.
func (*checks) Timeout(*river.Job[billing.CheckArgs]) time.Duration { return checkTimeout }

// Work looks at one payment.
func (w *checks) Work(ctx context.Context, j *river.Job[billing.CheckArgs]) error {
	return w.payments.Check(ctx, j.Args.PaymentID)
}

// addPayments adds the workers of payments.
func addPayments(workers *river.Workers, payments *billing.Service) {
	river.AddWorker(workers, &recovery{payments: payments})
	river.AddWorker(workers, &checks{payments: payments})
}

// recoveries is the recovery's own round, every minute and at the start.
func recoveries() *river.PeriodicJob {
	return river.NewPeriodicJob(
		river.PeriodicInterval(recoverEvery),
		func() (river.JobArgs, *river.InsertOpts) { return RecoveryArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true},
	)
}
