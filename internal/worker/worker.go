// Package worker runs the queue's jobs. Its workers are as thin as resolvers: they call the domain and decide
// what happens to the queue's entry.
package worker

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/run"
)

const (
	// replyTimeout is the longest time of one reply.
	replyTimeout = 15 * time.Minute
	// exportTimeout is the longest time of one export: somewhat more than the job's own hour.
	exportTimeout = 70 * time.Minute
	// turnWait is how long the entry of a reply waits before it checks again whether the reply may start.
	turnWait = 250 * time.Millisecond
)

// Work are the functions that the workers call.
type Work struct {
	Chats *chat.Service
	Jobs  *job.Service
	// Payments checks payments with their gateways.
	Payments *billing.Service
	// Maintain removes what has expired; Clean removes old jobs and reconciles files with their rows.
	Maintain, Clean func(context.Context) error
	// Erase removes accounts whose grace period has passed.
	Erase func(context.Context) error
	// CheckModels checks the providers' lists of models.
	CheckModels func(context.Context) error
}

// New returns the workers of all jobs.
func New(w Work) *river.Workers {
	workers := river.NewWorkers()
	river.AddWorker(workers, &replies{chats: w.Chats})
	river.AddWorker(workers, &titles{chats: w.Chats})
	river.AddWorker(workers, &runs{jobs: w.Jobs})
	river.AddWorker(workers, &abandons{jobs: w.Jobs})
	river.AddWorker(workers, &maintenance{run: w.Maintain})
	river.AddWorker(workers, &cleaning{run: w.Clean})
	river.AddWorker(workers, &erasure{run: w.Erase})
	river.AddWorker(workers, &modelChecks{run: w.CheckModels})
	addPayments(workers, w.Payments)
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
func (w *replies) Work(ctx context.Context, j *river.Job[chat.ReplyArgs]) error {
	err := w.chats.WriteReply(ctx, j.Args.MessageID, j.Args.RunID)
	if errors.Is(err, chat.ErrBusy) {
		return river.JobSnooze(turnWait)
	}
	return requeueIfStopping(err)
}

// requeueIfStopping returns the entry of a run to the queue for another process, when this process is
// stopping and did not begin it.
func requeueIfStopping(err error) error {
	if errors.Is(err, run.ErrStopping) {
		return river.JobSnooze(0)
	}
	return err
}

// titles finds titles.
type titles struct {
	river.WorkerDefaults[chat.TitleArgs]
	chats *chat.Service
}

// Work finds one chat's title.
func (w *titles) Work(ctx context.Context, j *river.Job[chat.TitleArgs]) error {
	return w.chats.WriteTitle(ctx, j.Args.ChatID, j.Args.RunID)
}

// runs works the entries of jobs.
type runs struct {
	river.WorkerDefaults[job.RunArgs]
	jobs *job.Service
}

// Timeout is longer than the queue's: a run lasts as long as its provider's call or its export, which the
// job's own deadline ends earlier.
func (*runs) Timeout(j *river.Job[job.RunArgs]) time.Duration {
	if j.Queue == job.QueueExport {
		return exportTimeout
	}
	return replyTimeout
}

// Work does one run.
func (w *runs) Work(ctx context.Context, j *river.Job[job.RunArgs]) error {
	return requeueIfStopping(w.jobs.Work(ctx, j.Args.JobID, j.Args.RunID))
}

// abandons cancels videos at their provider whose jobs were cancelled.
type abandons struct {
	river.WorkerDefaults[job.AbandonArgs]
	jobs *job.Service
}

// Work cancels one video.
func (w *abandons) Work(ctx context.Context, j *river.Job[job.AbandonArgs]) error {
	return w.jobs.Abandon(ctx, j.Args.JobID)
}
