package job

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// sweepBatch is the most jobs one sweep looks at for each reason.
const sweepBatch = 200

// Sweep ends or enqueues again what has lost its worker, lets waiting jobs into free places, and drops
// results that had their hour. Any number of processes may sweep at once: each step is conditional.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(
		s.sweepExpired(ctx),
		s.sweepUnclaimed(ctx),
		s.sweepWaiting(ctx),
		s.dropResults(ctx, store.Now()),
	)
}

// sweepExpired looks at jobs whose run has not renewed its lease.
func (s *Service) sweepExpired(ctx context.Context) error {
	rows, err := s.store.Client().Job.Query().
		Where(entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress), s.expired()).
		Limit(sweepBatch).All(ctx)
	if err != nil {
		return wrap("sweep", err)
	}
	var failed []error
	for _, j := range rows {
		if err := s.rescue(ctx, j); err != nil && !errors.Is(err, errRunLost) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// rescue decides about a job whose worker is gone. A video goes on from its reference. A call that was
// not made yet is made by another run; one that may have been made is not repeated unasked.
func (s *Service) rescue(ctx context.Context, j *ent.Job) error {
	switch {
	case j.CancelRequestedAt != nil:
		e, err := s.cutOff(ctx, j)
		if err != nil {
			return err
		}
		e.guard = []predicate.Job{s.expired()}
		return s.end(ctx, j, e)
	case j.ProviderRef != nil:
		return s.resume(ctx, j, s.expired())
	case j.CallStartedAt != nil || j.Attempt > len(s.cfg.Waits):
		return s.end(ctx, j, ending{status: entjob.StatusFailed, failure: FailureWorkerLost, guard: []predicate.Job{s.expired()}})
	default:
		s.meter.AttemptFailed(string(j.Kind), string(FailureWorkerLost))
		return s.again(ctx, j, FailureWorkerLost, 0, s.expired())
	}
}

// resume gives a job to a new run that goes on where the lost one was.
func (s *Service) resume(ctx context.Context, j *ent.Job, guard ...predicate.Job) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err := s.handOver(ctx, tx, j, handOver{
			phase: phaseResumed, guard: guard,
			step: func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeResumed).SetAttempt(j.Attempt) },
		})
		if done {
			s.log.InfoContext(ctx, "a job without a worker goes on", "run", j.RunID.String())
		}
		return err
	})
}

// sweepUnclaimed looks at jobs nobody took up for a while, the oldest first, whose entry is not in the
// queue any more or was fetched by a worker that died before it claimed them.
func (s *Service) sweepUnclaimed(ctx context.Context) error {
	rows, err := s.store.Client().Job.Query().
		Where(entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress), entjob.IsWaiting(false),
			entjob.LeaseUntilMsIsNil(), entjob.UpdatedAtLT(store.Now().Add(-s.cfg.OrphanAfter))).
		Order(entjob.ByID()).Limit(sweepBatch).All(ctx)
	if err != nil {
		return wrap("sweep", err)
	}
	for _, j := range rows {
		live, err := s.store.HasLiveJob(ctx, KindRun, j.RunID, s.cfg.Lease)
		if err != nil {
			return wrap("sweep", err)
		}
		if live {
			continue
		}
		if err := s.resume(ctx, j, entjob.LeaseUntilMsIsNil()); err != nil {
			return err
		}
	}
	return nil
}

// sweepWaiting lets jobs in that wait though their person has free places, as after the limit was raised.
func (s *Service) sweepWaiting(ctx context.Context) error {
	var waiting []struct {
		UserID oid.User `json:"user_id"`
	}
	err := s.store.Client().Job.Query().
		Where(entjob.StatusEQ(entjob.StatusInQueue), entjob.IsWaiting(true)).Limit(sweepBatch).
		GroupBy(entjob.FieldUserID).Scan(ctx, &waiting)
	if err != nil {
		return wrap("sweep", err)
	}
	for _, w := range waiting {
		held, err := s.store.Client().Job.Query().Where(ofPerson(w.UserID, false)).Count(ctx)
		if err != nil {
			return wrap("sweep", err)
		}
		if held >= s.cfg.MaxUnfinished {
			continue
		}
		err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockUser(ctx, w.UserID); err != nil {
				return err
			}
			return s.promote(ctx, tx, w.UserID)
		})
		if err != nil {
			return wrap("sweep", err)
		}
	}
	return nil
}
