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
			SetIsParked(false).SetNode(s.process.Node()).Modify(s.leaseFor(s.cfg.Lease)).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		if j, err = tx.Client().Job.Get(ctx, id); err != nil || j.ProviderRef != nil && j.StartedAt != nil {
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
		AddAttempt(1).AddUnprovenRuns(1).SetPhase(phaseStarting).SetUpdatedAt(now)
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

// keep renews the lease, stores what readers of the row are shown, and tells whether a cancel was asked for. As a rule it
// is one statement.
func (s *Service) keep(ctx context.Context, id oid.Job, run oid.Run, text string, shown *standing) (cancel bool, err error) {
	save := func(where ...predicate.Job) (int, error) {
		u := s.store.Client().Job.Update().Where(append(where, mine(id, run))...).SetUnprovenRuns(0).Modify(s.leaseFor(s.cfg.Lease))
		if text != "" {
			u.SetText(text)
		}
		if shown != nil {
			u.SetNillableProgress(shown.progress)
			if shown.phase != "" {
				u.SetPhase(shown.phase)
			}
		}
		n, err := u.Save(ctx)
		return n, wrap("keep", err)
	}
	if n, err := save(entjob.CancelRequestedAtIsNil()); err != nil || n > 0 {
		return false, err
	}
	n, err := save()
	if err == nil && n == 0 {
		err = errRunLost
	}
	return n > 0, err
}

// mark says that a call is about to be made, or that its first piece is about to be shown, and that it must not be repeated.
func (s *Service) mark(ctx context.Context, j *ent.Job, run oid.Run, first string) error {
	n, err := s.store.Client().Job.Update().Where(mine(j.ID, run), entjob.CancelRequestedAtIsNil()).
		SetCallStartedAt(store.Now()).SetPhase(phaseMaking).SetText(first).Modify(s.leaseFor(s.cfg.Lease)).Save(ctx)
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
	h.count(u)
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
	// same says that the attempt goes on: the run that was to make it did not come to it.
	same bool
	// lost says that the run did not end its work itself.
	lost bool
}

// count writes what the run counts for.
func (h handOver) count(u *ent.JobUpdate) {
	if h.same {
		u.AddAttempt(-1)
	}
	if h.lost {
		u.AddLostRuns(1)
	} else {
		u.SetUnprovenRuns(0)
	}
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

// giveBack returns a job of which nothing was ordered or shown to the queue, for another process. It is no attempt.
func (s *Service) giveBack(ctx context.Context, j *ent.Job) error {
	done, err := s.resume(ctx, j, handOver{same: j.ProviderRef == nil})
	if err == nil && !done {
		return errRunLost
	}
	return err
}

// resume gives a job to a new run that goes on where the last one was.
func (s *Service) resume(ctx context.Context, j *ent.Job, h handOver) (done bool, err error) {
	h.phase = phaseResumed
	h.step = func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeResumed).SetAttempt(j.Attempt) }
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err = s.handOver(ctx, tx, j, h)
		return err
	})
	if done {
		s.log.InfoContext(ctx, "a job without a worker goes on", "run", j.RunID.String())
	}
	return done, err
}
