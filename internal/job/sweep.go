package job

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
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

// TakeBack decides about the jobs that the last process of this one's name left behind, without waiting for their leases.
// It is called before this process claims any.
func (s *Service) TakeBack(ctx context.Context) error {
	return s.rescueAll(ctx, entjob.Node(s.process.Node()), entjob.LeaseUntilMsNotNil(), entjob.IsParked(false))
}

// Spare says that this process is told to stop: a job that is lost with it from now on was not what ended it.
func (s *Service) Spare(ctx context.Context) error {
	return wrap("spare", s.store.Client().Job.Update().
		Where(entjob.Node(s.process.Node()), entjob.StatusEQ(entjob.StatusInProgress)).SetUnprovenRuns(0).Exec(ctx))
}

// sweepExpired looks at jobs whose run has not renewed its lease.
func (s *Service) sweepExpired(ctx context.Context) error { return s.rescueAll(ctx, s.expired()) }

// rescueAll decides about the jobs that are lost.
func (s *Service) rescueAll(ctx context.Context, lost ...predicate.Job) error {
	rows, err := s.store.Client().Job.Query().
		Where(append(lost, entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress))...).
		Limit(sweepBatch).All(ctx)
	if err != nil {
		return wrap("sweep", err)
	}
	var failed []error
	for _, j := range rows {
		if err := s.rescue(ctx, j, lost); err != nil && !errors.Is(err, errRunLost) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// rescue decides about a job whose worker is gone. A video goes on from its reference. A call that was not made yet is
// made by another run, and is no attempt; one that may have been made is not repeated unasked. A run counts against its
// job only if it never renewed its lease: what waits for its provider cannot end a process.
func (s *Service) rescue(ctx context.Context, j *ent.Job, lost []predicate.Job) error {
	var e ending
	var err error
	switch {
	case j.CancelRequestedAt != nil:
		e, err = s.cutOff(ctx, j)
	case j.ProviderRef != nil:
		_, err = s.resume(ctx, j, handOver{guard: lost})
		return err
	case j.CallStartedAt != nil || j.UnprovenRuns >= run.MaxUnproven || j.LostRuns+1 >= run.MaxLost:
		e, err = s.lost(ctx, j)
	default:
		_, err = s.resume(ctx, j, handOver{guard: lost, same: true, lost: true})
		return err
	}
	if err != nil {
		return err
	}
	e.guard = lost
	return s.end(ctx, j, e)
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
		if _, err := s.resume(ctx, j, handOver{guard: []predicate.Job{entjob.LeaseUntilMsIsNil()}}); err != nil {
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
