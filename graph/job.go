package graph

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/planner"
)

// JobArguments are the validated input of a job.
type JobArguments = job.Arguments

// Model is the model that was asked for.
func (r *jobResolver) Model(_ context.Context, j *ent.Job) (*catalog.Model, error) {
	return r.model(&j.Model), nil
}

// Arguments are the validated input of the job.
func (r *jobResolver) Arguments(_ context.Context, j *ent.Job) (JobArguments, error) {
	return job.ArgumentsOf(j)
}

// Chat is the chat that shows it; a deleted one is not shown.
func (r *jobResolver) Chat(ctx context.Context, j *ent.Job) (*ent.Chat, error) {
	if j.ChatID == nil {
		return nil, nil
	}
	return loadChat(ctx, *j.ChatID)
}

// Message is the chat's message that shows its result.
func (r *jobResolver) Message(ctx context.Context, j *ent.Job) (*ent.Message, error) {
	if j.MessageID == nil {
		return nil, nil
	}
	return loadMessage(ctx, *j.MessageID)
}

// QueuePosition is the place in the queue; nil when the job is not in it.
func (r *jobResolver) QueuePosition(ctx context.Context, j *ent.Job) (*int, error) {
	if j.Status != entjob.StatusInQueue {
		return nil, nil
	}
	return loadersOf(ctx).positions.Load(ctx, j)
}

// Attempts are the attempts at it, the oldest first.
func (r *jobResolver) Attempts(ctx context.Context, j *ent.Job) ([]*job.Attempt, error) {
	steps, err := loadersOf(ctx).steps.Load(ctx, j.ID)
	return job.Attempts(steps), err
}

// Timeline is what happened to it, the oldest first.
func (r *jobResolver) Timeline(ctx context.Context, j *ent.Job) ([]*ent.JobStep, error) {
	return loadersOf(ctx).steps.Load(ctx, j.ID)
}

// Text is the text of a text job so far; nil for other kinds.
func (r *jobResolver) Text(ctx context.Context, j *ent.Job) (*string, error) {
	if j.Kind != entjob.KindText || j.IsResultGone {
		return nil, nil
	}
	text, err := r.s.Jobs.CurrentText(ctx, j)
	return &text, err
}

// Result is nil until the job completes, and after its text and files are deleted.
func (r *jobResolver) Result(ctx context.Context, j *ent.Job) (*JobResult, error) {
	if j.Status != entjob.StatusCompleted || j.IsResultGone {
		return nil, nil
	}
	artifacts, err := loadersOf(ctx).artifactsOf.Load(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	result := &JobResult{Provider: j.Provider, Artifacts: artifacts}
	if j.AnsweredBy != nil {
		result.AnsweredBy = *j.AnsweredBy
	}
	if j.Kind == entjob.KindText {
		result.Text = &j.Text
	}
	if err := r.composed(ctx, j, result); err != nil {
		return nil, err
	}
	if j.RevisedPrompt != "" {
		result.RevisedPrompt = &j.RevisedPrompt
	}
	if j.FinishReason != nil {
		reason := message.FinishReason(*j.FinishReason)
		result.FinishReason = &reason
	}
	return result, nil
}

// composed adds the result of a job of kind PLAN or PROMPTS.
func (r *jobResolver) composed(ctx context.Context, j *ent.Job, result *JobResult) (err error) {
	switch {
	case j.Kind == entjob.KindPlan && j.PlanID != nil:
		result.Plan, err = loadPlan(ctx, *j.PlanID)
	case j.Kind == entjob.KindPrompts:
		result.Prompts, err = planner.PromptsOf(j)
	}
	return err
}

// Failure is the reason why it failed; nil when it did not.
func (r *jobResolver) Failure(_ context.Context, j *ent.Job) (*job.Failure, error) {
	return job.FailureOfJob(j), nil
}

// Usage is nil until the provider or an estimate has given numbers.
func (r *jobResolver) Usage(_ context.Context, j *ent.Job) (*JobUsage, error) {
	if j.UsageSource == nil {
		return nil, nil
	}
	return &JobUsage{
		InputTokens: *j.InputTokens, OutputTokens: *j.OutputTokens, CachedInputTokens: *j.CachedInputTokens,
		Images: int(*j.Images), VideoMs: *j.VideoMs, Source: message.UsageSource(*j.UsageSource),
	}, nil
}

// ResultExpiresAt is when the text and the files are deleted.
func (r *jobResolver) ResultExpiresAt(_ context.Context, j *ent.Job) (*time.Time, error) {
	return j.ExpiresAt, nil
}

// ResumableUntil is the end of the time in which a retry continues from what the provider made.
func (r *jobResolver) ResumableUntil(_ context.Context, j *ent.Job) (*time.Time, error) {
	return job.ResumableUntil(j), nil
}

// RetryOf is the job that this one retries.
func (r *jobResolver) RetryOf(ctx context.Context, j *ent.Job) (*ent.Job, error) {
	if j.RetryOfID == nil {
		return nil, nil
	}
	return loadJob(ctx, *j.RetryOfID)
}

// EventCursor is the feed's head.
func (r *jobResolver) EventCursor(ctx context.Context, _ *ent.Job) (string, error) {
	return eventCursor(ctx)
}

// Job is the job whose result a message shows.
func (r *messageResolver) Job(ctx context.Context, m *ent.Message) (*ent.Job, error) {
	if m.JobID == nil {
		return nil, nil
	}
	return loadJob(ctx, *m.JobID)
}

// Jobs pages through the viewer's jobs.
func (r *userResolver) Jobs(ctx context.Context, u *ent.User, first *int, after *string, filter *JobFilter) (*JobConnection, error) {
	var f job.Filter
	if filter != nil {
		f = job.Filter{
			Statuses: filter.Statuses.Value(), Kinds: filter.Kinds.Value(), ChatID: filter.ChatID.Value(), FolderID: filter.FolderID.Value(),
			From: filter.CreatedSinceAt.Value(), Before: filter.CreatedUntilAt.Value(),
		}
	}
	result, err := r.s.Jobs.List(ctx, u.ID, f, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, job.Cursor), nil
}

// CreateJob submits a job.
func (r *mutationResolver) CreateJob(ctx context.Context, in CreateJobInput) (*CreateJobPayload, error) {
	out := &CreateJobPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Jobs.Create(ctx, p.User, job.CreateInput{
			Work: workOf(in.Work), ChatID: in.ChatID.Value(), IfHead: expectHead(in.IfHead, true),
			StoreResult: in.StoreResult, OnLimit: in.OnLimit, MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		return err
	})
}

// CancelJob cancels a job.
func (r *mutationResolver) CancelJob(ctx context.Context, in CancelJobInput) (*CancelJobPayload, error) {
	out := &CancelJobPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Jobs.Cancel(ctx, p.User, in.JobID)
		return err
	})
}

// RetryJob submits a job with the same input.
func (r *mutationResolver) RetryJob(ctx context.Context, in RetryJobInput) (*RetryJobPayload, error) {
	out := &RetryJobPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Jobs.Retry(ctx, p.User, job.RetryInput{JobID: in.JobID, OnLimit: in.OnLimit, MaxCost: money(in.MaxCost), Key: in.IdempotencyKey})
		return err
	})
}

// JobEvents is the subscription to one job.
func (r *subscriptionResolver) JobEvents(ctx context.Context, jobID string, after *string) (<-chan JobEvent, error) {
	p, cursor, err := follower(ctx, after)
	if err != nil {
		return nil, err
	}
	id, err := oid.Parse[oid.Job](jobID)
	if err != nil {
		return nil, errs.New(errs.NotFound, "There is no such object.")
	}
	events, err := r.s.Jobs.Watch(ctx, p.User, jobID, cursor)
	if err != nil {
		return nil, err
	}
	return mapped(ctx, events, func(e job.Event) JobEvent { return jobEvent(id, e) }), nil
}

func jobEvent(id oid.Job, e job.Event) JobEvent {
	a := stamp(e.Cursor, e.At)
	switch {
	case e.Resync != "":
		return &Resync{at: a, Reason: e.Resync}
	case e.Snapshot:
		return &JobSnapshot{at: a, JobID: id}
	case e.Progress != nil:
		return &JobProgressed{at: a, JobID: id, Progress: e.Progress.Value, Phase: e.Progress.Phase}
	case e.Delta != nil:
		return &JobTextDelta{at: a, JobID: id, RunID: e.Delta.Run, Offset: e.Delta.Offset, Text: e.Delta.Text}
	}
	// Watch sends events of the job alone, and the union has all of them.
	event, ok := durable(a, *e.Feed).(JobEvent)
	if !ok {
		panic(errors.New("graph: an event of type " + string(e.Feed.Type) + " in a job's stream"))
	}
	return event
}
