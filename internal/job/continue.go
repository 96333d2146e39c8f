package job

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// keptAtLeast is how long a provider is taken to keep a video that it says nothing of.
	keptAtLeast = time.Hour
	// maxFailedGap is the longest wait between two polls or downloads that failed, maxWishedGap the longest wish of a
	// provider that is granted then.
	maxFailedGap = time.Minute
	maxWishedGap = 5 * time.Minute
)

// pollGap is the wait until the next poll. It doubles with each failure in a row, and ends before the job's deadline.
func (s *Service) pollGap(j *ent.Job, state ai.VideoState, failed int, fault error) time.Duration {
	gap := s.cfg.PollGap
	if state.PollAfter > 0 {
		gap = min(max(state.PollAfter, minPollGap), maxPollGap)
	}
	for range min(failed-1, 30) {
		gap = min(2*gap, max(maxFailedGap, s.cfg.PollGap))
	}
	var known *ai.Error
	if errors.As(fault, &known) {
		gap = max(gap, min(known.RetryAfter, maxWishedGap))
	}
	return max(min(gap, time.Until(*j.DeadlineAt)), minPollGap)
}

// made notes that the provider has made the video, before its file is fetched. The file gets as much time again as the
// video had.
func (w *worker) made(ctx context.Context, state ai.VideoState) error {
	now := store.Now()
	deadline := now.Add(w.s.timeout(w.job.Kind))
	err := w.Persist(ctx, func(ctx context.Context) error {
		return wrap("note a made video", run.Written(w.s.store.Client().Job.Update().Where(mine(w.job.ID, w.Run)).
			SetMadeAt(now).SetFailedPolls(0).SetDeadlineAt(deadline).SetNillableKeptUntil(keptUntil(w.job, state)).Save(ctx)))
	})
	if err != nil {
		return err
	}
	w.job.MadeAt, w.job.DeadlineAt, w.job.FailedPolls = &now, &deadline, 0
	return nil
}

// keptUntil is until when the provider keeps a job's file, as far as a poll has reported it; nil when it has not.
func keptUntil(j *ent.Job, state ai.VideoState) *time.Time {
	until := state.KeptUntil
	if until.IsZero() && state.KeptFor > 0 && j.CallStartedAt != nil {
		until = j.CallStartedAt.Add(state.KeptFor)
	}
	if until.IsZero() {
		return nil
	}
	return &until
}

// isLost says whether a failure leaves nothing at the provider to go on from.
func isLost(err error) bool {
	if errors.Is(err, file.ErrUnusable) {
		return true
	}
	var fault *ai.Error
	if !errors.As(err, &fault) {
		return false
	}
	return fault.JobFailed || fault.Kind == ai.BadRequest || fault.Kind == ai.ModelGone
}

// isKept says whether a job that ends leaves something at the provider that a retry can go on from: a video that was
// made, or one that is still being made. A person who cancelled one that was not made yet does not want it.
func (e ending) isKept(j *ent.Job) bool {
	switch {
	case j.ProviderRef == nil || e.lost:
		return false
	case e.status == entjob.StatusCancelled:
		return j.MadeAt != nil
	default:
		return e.status == entjob.StatusFailed
	}
}

// ResumableUntil is until when a retry of a job goes on from what the provider made for it; nil when it orders again.
func ResumableUntil(j *ent.Job) *time.Time {
	if unfinished(j.Status) || j.Status == entjob.StatusCompleted || j.ProviderRef == nil || j.ContinuedByID != nil ||
		j.KeptUntil == nil || !store.Now().Before(*j.KeptUntil) {
		return nil
	}
	return j.KeptUntil
}

// lastOf is the job that has a job's order at the provider now: the job itself, or the retry that took it over.
func (s *Service) lastOf(ctx context.Context, c *ent.Client, j *ent.Job) (*ent.Job, error) {
	for j.ContinuedByID != nil {
		next, err := c.Job.Get(ctx, *j.ContinuedByID)
		if ent.IsNotFound(err) {
			return j, nil
		}
		if err != nil {
			return nil, wrap("read", err)
		}
		j = next
	}
	return j, nil
}

// continued is the order of a retry that goes on from what was paid for; nil where there is nothing to go on from.
func (s *Service) continued(last *ent.Job, retried oid.Job) (*placing, error) {
	if ResumableUntil(last) == nil {
		return nil, nil
	}
	m, ok := s.catalog.Get(last.Model)
	if !ok {
		return nil, nil
	}
	p, err := s.sameOrder(last, m)
	if err != nil {
		return nil, err
	}
	p.retryOf, p.resumes = &retried, last
	return &p, nil
}

// takeOverOrder makes a new job the one that goes on with an order at the provider. Of several that try one succeeds.
func (s *Service) takeOverOrder(ctx context.Context, tx *store.Tx, from *ent.Job, by oid.Job) error {
	n, err := tx.Client().Job.Update().
		Where(entjob.ID(from.ID), entjob.ContinuedByIDIsNil(), entjob.KeptUntilNotNil(), entjob.StatusIn(entjob.StatusFailed, entjob.StatusCancelled)).
		SetContinuedByID(by).SetUpdatedAt(store.Now()).Save(ctx)
	if err != nil {
		return wrap("take over", err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "Another retry of this job began at the same time. Look at that one.").Retry(time.Second)
	}
	recordSaved(tx, from)
	return nil
}

// resuming gives a new job what is known of the order that it goes on with.
func (p placing) resuming(create *ent.JobCreate) {
	if from := p.resumes; from != nil {
		create.SetProviderRef(*from.ProviderRef).SetNillableCallStartedAt(from.CallStartedAt).
			SetNillableMadeAt(from.MadeAt).SetNillableKeptUntil(from.KeptUntil)
	}
}
