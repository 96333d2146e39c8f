package worker

import (
	"context"

	"github.com/riverqueue/river"
)

// ModelCheckArgs are the arguments of the daily check of the providers' model lists: none.
type ModelCheckArgs struct{}

// Kind implements the queue's interface.
func (ModelCheckArgs) Kind() string { return "model_check" }

// InsertOpts puts the check into the queue of periodic work.
func (ModelCheckArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueMaintenance}
}

// modelChecks checks the providers' model lists.
type modelChecks struct {
	river.WorkerDefaults[ModelCheckArgs]
	run func(context.Context) error
}

// Work makes one check.
func (w *modelChecks) Work(ctx context.Context, _ *river.Job[ModelCheckArgs]) error {
	return w.run(ctx)
}
