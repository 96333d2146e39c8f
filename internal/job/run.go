package job

import (
	"cmp"
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
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// mine holds while a job is unfinished and the run's.
func mine(id oid.Job, runID oid.Run) predicate.Job {
	return entjob.And(entjob.ID(id), entjob.RunID(runID), entjob.IsWaiting(false),
		entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress))
}

// idle holds while no run works on a job: in the queue, between two attempts, or between two polls.
func idle() predicate.Job {
	return entjob.Or(entjob.LeaseUntilMsIsNil(), entjob.IsParked(true))
}

// jobs are the jobs that runs work on. It implements [run.Record].
type jobs struct{ *Service }

// Read implements [run.Record].
func (r jobs) Read(ctx context.Context, id oid.Job) (*ent.Job, error) {
	return found(r.store.Client().Job.Get(ctx, id))
}

// State implements [run.Record]. A video goes on from its reference, whatever was lost.
func (jobs) State(j *ent.Job) run.State {
	return run.State{
		Run: j.RunID, HasEnded: !unfinished(j.Status), IsStopRequested: j.CancelRequestedAt != nil,
		IsMarked: j.CallStartedAt != nil, IsResumable: j.ProviderRef != nil, Unproven: j.UnprovenRuns, Lost: j.LostRuns + 1,
	}
}

// leaseFor sets the lease to end d from now, by the database's clock.
func (s *Service) leaseFor(d time.Duration) func(*sql.UpdateBuilder) {
	return s.store.Renew(entjob.FieldLeaseUntilMs, d)
}

// Claim implements [run.Record]. A run that does not go on with a video begins an attempt.
func (r jobs) Claim(ctx context.Context, id oid.Job, runID oid.Run) (*ent.Job, error) {
	var j *ent.Job
	err := r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Now()
		n, err := tx.Client().Job.Update().Where(mine(id, runID), idle()).
			SetIsParked(false).SetNode(r.process.Node()).Modify(r.leaseFor(r.cfg.Lease)).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		if j, err = tx.Client().Job.Get(ctx, id); err != nil || j.ProviderRef != nil && j.StartedAt != nil {
			return err
		}
		j, err = r.begin(ctx, tx, j, now)
		return err
	})
	return j, wrap("claim", err)
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

// Mark implements [run.Record]. A database out of reach is tried again, since the call is not made yet and nothing is lost.
func (r jobs) Mark(ctx context.Context, j *ent.Job, first string) error {
	return run.Persist(ctx, r.cfg.Lease, func(ctx context.Context) error {
		err := run.Written(r.store.Client().Job.Update().Where(mine(j.ID, j.RunID), entjob.CancelRequestedAtIsNil()).
			SetCallStartedAt(store.Now()).SetPhase(phaseMaking).SetText(first).Modify(r.leaseFor(r.cfg.Lease)).Save(ctx))
		if !errors.Is(err, run.ErrLost) {
			return wrap("mark", err)
		}
		isMine, err := r.store.Client().Job.Query().Where(mine(j.ID, j.RunID)).Exist(ctx)
		if err == nil && isMine {
			return run.ErrStopped
		}
		return wrap("mark", cmp.Or(err, run.ErrLost))
	})
}

// Renew implements [run.Record].
func (r jobs) Renew(ctx context.Context, j *ent.Job, text string, p *run.Progress, where ...run.Condition) (int, error) {
	u := r.store.Client().Job.Update().Where(mine(j.ID, j.RunID)).Where(run.Where[predicate.Job](where...)...).
		SetUnprovenRuns(0).Modify(r.leaseFor(r.cfg.Lease))
	if text != "" {
		u.SetText(text)
	}
	if p != nil {
		u.SetNillableProgress(p.Value)
		if p.Phase != "" {
			u.SetPhase(p.Phase)
		}
	}
	n, err := u.Save(ctx)
	return n, wrap("renew", err)
}

// StopNotRequested implements [run.Record].
func (jobs) StopNotRequested() run.Condition { return entjob.CancelRequestedAtIsNil() }

// Held implements [run.Record].
func (jobs) Held() run.Condition { return entjob.Not(idle()) }

// Find implements [run.Record].
func (r jobs) Find(ctx context.Context, where ...run.Condition) ([]*ent.Job, error) {
	return r.store.Client().Job.Query().
		Where(entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress)).Where(run.Where[predicate.Job](where...)...).
		Limit(run.Batch).All(ctx)
}

// FindUnclaimed implements [run.Record]. A job that waits for a place has no entry in the queue.
func (r jobs) FindUnclaimed(ctx context.Context, before time.Time) ([]*ent.Job, error) {
	return r.store.Client().Job.Query().
		Where(entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress), entjob.IsWaiting(false),
			entjob.LeaseUntilMsIsNil(), entjob.UpdatedAtLT(before)).
		Order(entjob.ByID()).Limit(run.Batch).All(ctx)
}

// Requeue implements [run.Record]. A lost run whose call was not made yet is no attempt: the next makes it.
func (r jobs) Requeue(ctx context.Context, j *ent.Job, isLost bool, where ...run.Condition) error {
	return r.resume(ctx, j, requeued{where: run.Where[predicate.Job](where...), isSameAttempt: isLost, isLost: isLost})
}

// TakeOver implements [run.Record]. Of a text, what was shown is kept; one that is cancelled costs what was shown.
func (r jobs) TakeOver(ctx context.Context, j *ent.Job, isStopped bool, where ...run.Condition) error {
	e := ending{status: entjob.StatusFailed, failure: FailureWorkerLost, guard: run.Where[predicate.Job](where...)}
	if isStopped {
		e.status, e.failure = entjob.StatusCancelled, ""
	}
	if err := r.addShown(ctx, j, &e); err != nil {
		return err
	}
	return r.end(ctx, j, e)
}

// requeued says how a job goes to its next run.
type requeued struct {
	phase string
	wait  time.Duration
	step  func(*ent.JobStepCreate)
	where []predicate.Job // what must hold besides the run
	// isSameAttempt says that the attempt goes on: the run that was to make it did not come to it.
	isSameAttempt bool
	// isLost says that the run did not end its work itself.
	isLost bool
}

// requeue gives a job to a new run, which begins after the wait. What an attempt has shown or marked is cleared, unless the
// job goes on with an order at its provider.
func (s *Service) requeue(ctx context.Context, j *ent.Job, q requeued) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		next := oid.New[oid.Run]()
		u := tx.Client().Job.Update().Where(mine(j.ID, j.RunID)).Where(q.where...).
			SetRunID(next).ClearLeaseUntilMs().SetIsParked(false).SetPhase(q.phase).SetUpdatedAt(store.Now())
		if j.ProviderRef == nil {
			u.ClearCallStartedAt().ClearProgress().SetText("")
		}
		if q.isSameAttempt {
			u.AddAttempt(-1)
		}
		if q.isLost {
			u.AddLostRuns(1)
		} else {
			u.SetUnprovenRuns(0)
		}
		if err := run.Written(u.Save(ctx)); err != nil {
			return wrap("requeue", err)
		}
		entry := runJob(j, next)
		if q.wait > 0 {
			entry.RunAt = store.Now().Add(q.wait)
		}
		tx.Enqueue(entry)
		if err := s.ledger.Transfer(ctx, tx, j.RunID, next); err != nil {
			return err
		}
		after := *j
		after.RunID = next
		recordSaved(tx, &after)
		return step(ctx, tx, j.ID, q.step)
	})
}

// again ends an attempt that failed in a way that may pass, and requeues the job for the next.
func (s *Service) again(ctx context.Context, j *ent.Job, code FailureCode, wait time.Duration) error {
	return s.requeue(ctx, j, requeued{
		phase: fmt.Sprintf("Trying again in %d s", int(wait.Round(time.Second).Seconds())), wait: wait,
		step: func(c *ent.JobStepCreate) {
			c.SetType(jobstep.TypeAttemptFailed).SetAttempt(j.Attempt).SetCode(string(code)).SetWaitMs(wait.Milliseconds())
		},
	})
}

// giveBack requeues a job of which nothing was ordered or shown, for another process. It is no attempt.
func (s *Service) giveBack(ctx context.Context, j *ent.Job) error {
	return s.resume(ctx, j, requeued{isSameAttempt: j.ProviderRef == nil})
}

// resume requeues a job whose next run goes on where the last one was.
func (s *Service) resume(ctx context.Context, j *ent.Job, q requeued) error {
	q.phase = phaseResumed
	q.step = func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeResumed).SetAttempt(j.Attempt) }
	return s.requeue(ctx, j, q)
}
