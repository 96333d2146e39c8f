package worker

import (
	"context"

	"github.com/riverqueue/river"
)

// ModelCheckArgs are those of the daily look at the providers' lists: none.
type ModelCheckArgs struct{}

// Kind implements the queue's interface.
func (ModelCheckArgs) Kind() string { return "model_check" }

// InsertOpts puts the look into the queue of periodic work.
func (ModelCheckArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueMaintenance}
}

// modelChecks look at the providers' lists.
type modelChecks struct {
	river.WorkerDefaults[ModelCheckArgs]
	run func(context.Context) error
}

// Work looks once.
func (w *modelChecks) Work(ctx context.Context, _ *river.Job[ModelCheckArgs]) error {
	return w.run(ctx)
}
