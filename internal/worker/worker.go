// Package worker is the second door: the queue's jobs, as thin as resolvers. Its
// workers call the domain and say what to do with the job.
package worker

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/weav-ai/weav/internal/chat"
)

const (
	// QueueMaintenance is the queue of periodic work.
	QueueMaintenance = "maintenance"
	// replyTimeout is the longest one reply may take.
	replyTimeout = 15 * time.Minute
	// turnWait is how long a reply waits before it asks again whether it is its turn.
	turnWait = 250 * time.Millisecond
)

// New returns the workers of all jobs.
func New(chats *chat.Service, sweep func(context.Context) error) *river.Workers {
	workers := river.NewWorkers()
	river.AddWorker(workers, &replies{chats: chats})
	river.AddWorker(workers, &titles{chats: chats})
	river.AddWorker(workers, &maintenance{run: sweep})
	return workers
}

// replies writes replies.
type replies struct {
	river.WorkerDefaults[chat.ReplyArgs]
	chats *chat.Service
}

// Timeout is longer than the queue's: a reply streams as long as its model does.
func (*replies) Timeout(*river.Job[chat.ReplyArgs]) time.Duration { return replyTimeout }

// Work writes one reply.
func (w *replies) Work(ctx context.Context, job *river.Job[chat.ReplyArgs]) error {
	err := w.chats.WriteReply(ctx, job.Args.MessageID, job.Args.RunID)
	if errors.Is(err, chat.ErrBusy) {
		return river.JobSnooze(turnWait)
	}
	return err
}

// titles finds titles.
type titles struct {
	river.WorkerDefaults[chat.TitleArgs]
	chats *chat.Service
}

// Work finds one chat's title.
func (w *titles) Work(ctx context.Context, job *river.Job[chat.TitleArgs]) error {
	return w.chats.WriteTitle(ctx, job.Args.ChatID, job.Args.RunID)
}

// MaintenanceArgs are those of the periodic clean-up: none.
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

// Periodic is the work that comes round by itself.
func Periodic(every time.Duration) []*river.PeriodicJob {
	return []*river.PeriodicJob{river.NewPeriodicJob(
		river.PeriodicInterval(every),
		func() (river.JobArgs, *river.InsertOpts) { return MaintenanceArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true},
	)}
}
