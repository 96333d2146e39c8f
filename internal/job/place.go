package job

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// OnLimit says what happens to an order when the person has no free place.
type OnLimit string

// What may happen.
const (
	Refuse OnLimit = "REFUSE"
	Wait   OnLimit = "WAIT"
)

// The phases that are not the provider's, in words for people.
const (
	phaseWaiting  = "Waiting for one of your jobs to end"
	phaseQueued   = "In line"
	phaseStarting = "Starting"
	phaseMaking   = "Being made"
	phaseSaving   = "Saving the result"
	phaseResumed  = "Going on after an interruption"
)

// typical is how long a job of a kind takes as a rule; it only shapes retryAfterMs.
var typical = map[entjob.Kind]time.Duration{
	entjob.KindText: 10 * time.Second, entjob.KindImage: 20 * time.Second, entjob.KindVideo: time.Minute,
}

// ofPerson matches the unfinished jobs of a person that hold a place, or that wait for one.
func ofPerson(user oid.User, waiting bool) predicate.Job {
	return entjob.And(entjob.UserID(user), entjob.IsWaiting(waiting), entjob.KindNotIn(internalKinds...),
		entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress))
}

// takePlace makes sure that the person may order another job, and reports whether it must wait. The person's
// row is locked until the transaction ends, so the count is exact.
func (s *Service) takePlace(ctx context.Context, tx *store.Tx, user oid.User, onLimit OnLimit) (waits bool, err error) {
	if err := tx.LockUser(ctx, user); err != nil {
		return false, err
	}
	held, err := tx.Client().Job.Query().Where(ofPerson(user, false)).
		Select(entjob.FieldID, entjob.FieldKind, entjob.FieldStartedAt).All(ctx)
	if err != nil {
		return false, fmt.Errorf("job: count: %w", err)
	}
	if len(held) < s.cfg.MaxUnfinished {
		return false, nil
	}
	if onLimit != Wait {
		return false, errs.New(errs.TooManyJobs, "%d of your jobs are not finished, the most there may be. Wait for one, cancel one, or order with `onLimit: WAIT`.",
			len(held)).Retry(nextPlace(held)).With("limit", s.cfg.MaxUnfinished)
	}
	waiting, err := tx.Client().Job.Query().Where(ofPerson(user, true)).Count(ctx)
	if err != nil {
		return false, fmt.Errorf("job: count: %w", err)
	}
	if waiting >= s.cfg.MaxWaiting {
		return false, errs.New(errs.TooManyJobs, "%d of your jobs wait already, the most there may be.", waiting).
			Retry(nextPlace(held)).With("limit", s.cfg.MaxWaiting)
	}
	return true, nil
}

// nextPlace guesses when the first of these jobs ends.
func nextPlace(held []*ent.Job) time.Duration {
	const least = time.Second
	next := time.Minute
	for _, j := range held {
		left := typical[j.Kind]
		if j.StartedAt != nil {
			left -= time.Since(*j.StartedAt)
		}
		next = min(next, max(left, least))
	}
	return next
}

// promote gives free places of a person to the jobs that wait for them, the oldest first. The caller
// has locked the person.
func (s *Service) promote(ctx context.Context, tx *store.Tx, user oid.User) error {
	waiting, err := tx.Client().Job.Query().Where(ofPerson(user, true)).
		Order(entjob.ByID()).Limit(s.cfg.MaxUnfinished).All(ctx)
	if err != nil || len(waiting) == 0 {
		return wrap("promote", err)
	}
	held, err := tx.Client().Job.Query().Where(ofPerson(user, false)).Count(ctx)
	if err != nil {
		return wrap("promote", err)
	}
	for _, j := range waiting[:min(len(waiting), max(0, s.cfg.MaxUnfinished-held))] {
		if err := s.enter(ctx, tx, j); err != nil {
			return err
		}
	}
	return nil
}

// enter puts a waiting job into its queue.
func (s *Service) enter(ctx context.Context, tx *store.Tx, j *ent.Job) error {
	n, err := tx.Client().Job.Update().
		Where(entjob.ID(j.ID), entjob.StatusEQ(entjob.StatusInQueue), entjob.IsWaiting(true)).
		SetIsWaiting(false).SetQueuedAt(store.Now()).SetUpdatedAt(store.Now()).SetPhase(phaseQueued).Save(ctx)
	if err != nil || n == 0 {
		return wrap("promote", err)
	}
	tx.Enqueue(runJob(j, j.RunID))
	recordSaved(tx, j)
	return step(ctx, tx, j.ID, func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeQueued) })
}

// wrap names what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("job: %s: %w", what, err)
}
