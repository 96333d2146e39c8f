package worker

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// QueueMaintenance is the queue of periodic work.
const QueueMaintenance = "maintenance"

// cleaningTimeout is the longest time of one clean-up of jobs and files.
const cleaningTimeout = 30 * time.Minute

// MaintenanceArgs are the arguments of the hourly clean-up: none.
type MaintenanceArgs struct{}

// Kind implements the queue's interface.
func (MaintenanceArgs) Kind() string { return "maintenance" }

// InsertOpts puts the clean-up into its own queue.
func (MaintenanceArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueMaintenance}
}

// maintenance cleans up.
type maintenance struct {
	river.WorkerDefaults[MaintenanceArgs]
	run func(context.Context) error
}

// Work cleans up once.
func (w *maintenance) Work(ctx context.Context, _ *river.Job[MaintenanceArgs]) error {
	return w.run(ctx)
}

// CleaningArgs are the arguments of the daily clean-up of jobs and files: none.
type CleaningArgs struct{}

// Kind implements the queue's interface.
func (CleaningArgs) Kind() string { return "cleaning" }

// InsertOpts puts the clean-up into the queue of periodic work.
func (CleaningArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueMaintenance}
}

// cleaning removes old jobs, and reconciles files with their rows.
type cleaning struct {
	river.WorkerDefaults[CleaningArgs]
	run func(context.Context) error
}

// Timeout is longer than the queue's, because the whole object store is listed.
func (*cleaning) Timeout(*river.Job[CleaningArgs]) time.Duration { return cleaningTimeout }

// Work cleans up once.
func (w *cleaning) Work(ctx context.Context, _ *river.Job[CleaningArgs]) error {
	return w.run(ctx)
}

// Daily is a time of the day in a time zone.
type Daily struct {
	Hour, Minute int
	Zone         *time.Location
}

// Next implements river.PeriodicSchedule: the first such time after t. It computes with calendar days, so
// that it stays at the hour when daylight saving time changes.
func (d Daily) Next(t time.Time) time.Time {
	t = t.In(d.Zone)
	next := time.Date(t.Year(), t.Month(), t.Day(), d.Hour, d.Minute, 0, 0, d.Zone)
	if !next.After(t) {
		next = time.Date(t.Year(), t.Month(), t.Day()+1, d.Hour, d.Minute, 0, 0, d.Zone)
	}
	return next
}

// Periodic returns the periodic jobs. Only the leader of the queue inserts them, so each runs once for all
// processes.
func Periodic(every time.Duration, cleaned, checked Daily) []*river.PeriodicJob {
	return []*river.PeriodicJob{
		recoveries(),
		erasures(),
		river.NewPeriodicJob(
			river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) { return MaintenanceArgs{}, nil },
			&river.PeriodicJobOpts{RunOnStart: true},
		),
		river.NewPeriodicJob(cleaned,
			func() (river.JobArgs, *river.InsertOpts) { return CleaningArgs{}, nil },
			&river.PeriodicJobOpts{}),
		river.NewPeriodicJob(checked,
			func() (river.JobArgs, *river.InsertOpts) { return ModelCheckArgs{}, nil },
			&river.PeriodicJobOpts{}),
	}
}
