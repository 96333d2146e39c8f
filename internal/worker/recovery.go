package worker

import (
	"context"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/weav-ai/weav/internal/billing"
)

const (
	// recoverEvery is how often payments are checked for which no notice came.
	recoverEvery = time.Minute
	// recoveryTimeout is the longest time of one round: its payments are checked concurrently.
	recoveryTimeout = 30 * time.Minute
	// checkTimeout is longer than a gateway takes to answer.
	checkTimeout = 2 * time.Minute
)

// RecoveryArgs are the arguments of a recovery round: none.
type RecoveryArgs struct{}

// Kind implements the queue's interface.
func (RecoveryArgs) Kind() string { return "payment_recovery" }

// QueueRecovery is the queue of rounds. It is separate from that of single payments, for which users wait,
// because a round lasts as long as a gateway hangs.
const QueueRecovery = "payment_recovery"

// InsertOpts puts the round into its own queue with one attempt: the next round makes up for a failed one.
// River's unique jobs are not used, because a process that dies within a round would block the rounds of all
// others for an hour.
func (RecoveryArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueRecovery, MaxAttempts: 1}
}

// recovery checks the payments that are due, in one round at a time per process.
type recovery struct {
	river.WorkerDefaults[RecoveryArgs]
	run  func(context.Context) error
	busy sync.Mutex
}

// Timeout is longer than the queue's, because a gateway may answer slowly.
func (*recovery) Timeout(*river.Job[RecoveryArgs]) time.Duration { return recoveryTimeout }

// Work does one round, or none while another one runs: so rounds do not pile up behind one that hangs.
func (w *recovery) Work(ctx context.Context, _ *river.Job[RecoveryArgs]) error {
	if !w.busy.TryLock() {
		return nil
	}
	defer w.busy.Unlock()
	return w.run(ctx)
}

// checks works the entries that ask for one payment's state.
type checks struct {
	river.WorkerDefaults[billing.CheckArgs]
	payments *billing.Service
}

// Timeout is longer than the queue's, because a gateway may answer slowly.
func (*checks) Timeout(*river.Job[billing.CheckArgs]) time.Duration { return checkTimeout }

// Work checks one payment.
func (w *checks) Work(ctx context.Context, j *river.Job[billing.CheckArgs]) error {
	return w.payments.Check(ctx, j.Args.PaymentID)
}

// addPayments adds the workers of payments.
func addPayments(workers *river.Workers, payments *billing.Service) {
	river.AddWorker(workers, &recovery{run: payments.Recover})
	river.AddWorker(workers, &checks{payments: payments})
}

// recoveries is the periodic job of the recovery: every minute and at the start.
func recoveries() *river.PeriodicJob {
	return river.NewPeriodicJob(
		river.PeriodicInterval(recoverEvery),
		func() (river.JobArgs, *river.InsertOpts) { return RecoveryArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true},
	)
}
