package worker

import (
	"context"
	"sync"
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

// QueueRecovery is the queue of rounds. It is apart from that of single payments, whose people wait: a round lasts as long as a
// gateway hangs.
const QueueRecovery = "payment_recovery"

// InsertOpts puts the round into its own queue, without a second attempt: the next round makes up for it. River could keep it unique, but
// then a process that dies in a round would keep all others from theirs for an hour.
func (RecoveryArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueRecovery, MaxAttempts: 1}
}

// recovery looks at the payments that are due for it, in one round at a time in this process.
type recovery struct {
	river.WorkerDefaults[RecoveryArgs]
	run  func(context.Context) error
	busy sync.Mutex
}

// Timeout is longer than the queue's: a gateway may take its time.
func (*recovery) Timeout(*river.Job[RecoveryArgs]) time.Duration { return recoveryTimeout }

// Work does one round, or none while another one lasts: so rounds do not pile up behind one that hangs.
func (w *recovery) Work(ctx context.Context, _ *river.Job[RecoveryArgs]) error {
	if !w.busy.TryLock() {
		return nil
	}
	defer w.busy.Unlock()
	return w.run(ctx)
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
	river.AddWorker(workers, &recovery{run: payments.Recover})
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
