package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// mine holds while a job is unfinished and run's.
func mine(id oid.Job, run oid.Run) predicate.Job {
	return entjob.And(entjob.ID(id), entjob.RunID(run), entjob.IsWaiting(false),
		entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress))
}

// expired holds when a run has not renewed its lease.
func (s *Service) expired() predicate.Job { return s.store.Expired(entjob.FieldLeaseUntilMs) }

// leaseFor sets the lease to end d from now, by the database's clock.
func (s *Service) leaseFor(d time.Duration) func(*sql.UpdateBuilder) {
	return s.store.Renew(entjob.FieldLeaseUntilMs, d)
}

// claim takes the lease of a job for run. It returns nil when the run is stale: the job is another
// run's, is worked on already, or has ended. A run that does not go on with a video begins an attempt.
func (s *Service) claim(ctx context.Context, id oid.Job, run oid.Run) (*ent.Job, error) {
	var j *ent.Job
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Now()
		n, err := tx.Client().Job.Update().
			Where(mine(id, run), entjob.Or(entjob.LeaseUntilMsIsNil(), entjob.IsParked(true))).
			SetIsParked(false).Modify(s.leaseFor(s.cfg.Lease)).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		if j, err = tx.Client().Job.Get(ctx, id); err != nil || j.ProviderRef != nil {
			return err
		}
		j, err = s.begin(ctx, tx, j, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("job: claim: %w", err)
	}
	return j, nil
}

// begin begins an attempt at a claimed job.
func (s *Service) begin(ctx context.Context, tx *store.Tx, j *ent.Job, now time.Time) (*ent.Job, error) {
	u := tx.Client().Job.UpdateOneID(j.ID).SetStatus(entjob.StatusInProgress).
		AddAttempt(1).SetPhase(phaseStarting).SetUpdatedAt(now)
	if j.StartedAt == nil {
		u.SetStartedAt(now).SetDeadlineAt(now.Add(s.timeout(j.Kind)))
	}
	j, err := u.Save(ctx)
	if err != nil {
		return nil, err
	}
	recordSaved(tx, j)
	return j, step(ctx, tx, j.ID, func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeStarted).SetAttempt(j.Attempt) })
}

// keep renews the lease, stores what readers of the row are shown, and tells whether a cancel was asked for.
func (s *Service) keep(ctx context.Context, j *ent.Job, run oid.Run, shown func(*ent.JobUpdate)) (cancel bool, err error) {
	u := s.store.Client().Job.Update().Where(mine(j.ID, run)).Modify(s.leaseFor(s.cfg.Lease))
	shown(u)
	n, err := u.Save(ctx)
	if err != nil {
		return false, wrap("keep", err)
	}
	if n == 0 {
		return false, errRunLost
	}
	cancel, err = s.store.Client().Job.Query().Where(entjob.ID(j.ID), entjob.CancelRequestedAtNotNil()).Exist(ctx)
	return cancel, wrap("keep", err)
}

// mark says that a call is about to be made, or shown, that must not be repeated.
func (s *Service) mark(ctx context.Context, j *ent.Job, run oid.Run) error {
	n, err := s.store.Client().Job.Update().Where(mine(j.ID, run), entjob.CancelRequestedAtIsNil()).
		SetCallStartedAt(store.Now()).SetPhase(phaseMaking).Modify(s.leaseFor(s.cfg.Lease)).Save(ctx)
	if err != nil {
		return wrap("mark", err)
	}
	if n == 0 {
		return s.lostOrCancelled(ctx, j, run)
	}
	return nil
}

// lostOrCancelled tells why a run may not go on.
func (s *Service) lostOrCancelled(ctx context.Context, j *ent.Job, run oid.Run) error {
	still, err := s.store.Client().Job.Query().Where(mine(j.ID, run)).Exist(ctx)
	if err != nil {
		return wrap("mark", err)
	}
	if still {
		return errCancelled
	}
	return errRunLost
}

// errCancelled says that the person asked to end the job.
var errCancelled = errors.New("job: cancelled")

// handOver gives a job to a new run, which begins after wait. guard says what must still hold.
func (s *Service) handOver(ctx context.Context, tx *store.Tx, j *ent.Job, h handOver) (bool, error) {
	run := oid.New[oid.Run]()
	u := tx.Client().Job.Update().Where(append(h.guard, mine(j.ID, j.RunID))...).
		SetRunID(run).ClearLeaseUntilMs().SetIsParked(false).SetPhase(h.phase).SetUpdatedAt(store.Now())
	if j.ProviderRef == nil {
		u.ClearCallStartedAt().ClearProgress().SetText("")
	}
	n, err := u.Save(ctx)
	if err != nil || n == 0 {
		return false, wrap("hand over", err)
	}
	next := runJob(j, run)
	if h.wait > 0 {
		next.RunAt = store.Now().Add(h.wait)
	}
	tx.Enqueue(next)
	if err := s.ledger.Transfer(ctx, tx, j.RunID, run); err != nil {
		return false, err
	}
	after := *j
	after.RunID = run
	recordSaved(tx, &after)
	return true, step(ctx, tx, j.ID, h.step)
}

// handOver says how a job goes to another run.
type handOver struct {
	phase string
	wait  time.Duration
	step  func(*ent.JobStepCreate)
	guard []predicate.Job
}

// again ends an attempt that failed in a way that may pass, and orders the next.
func (s *Service) again(ctx context.Context, j *ent.Job, code FailureCode, wait time.Duration, guard ...predicate.Job) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err := s.handOver(ctx, tx, j, handOver{
			phase: fmt.Sprintf("Trying again in %d s", int(wait.Round(time.Second).Seconds())), wait: wait, guard: guard,
			step: func(c *ent.JobStepCreate) {
				c.SetType(jobstep.TypeAttemptFailed).SetAttempt(j.Attempt).SetCode(string(code)).SetWaitMs(wait.Milliseconds())
			},
		})
		if err == nil && !done {
			return errRunLost
		}
		return err
	})
}
