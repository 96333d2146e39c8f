package job

import (
	"context"
	"errors"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// Sweep ends or requeues what has lost its run, lets waiting jobs into free places, and drops results that had
// their hour. Any number of processes may sweep at once: each step is conditional.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.runs.Sweep(ctx), s.sweepWaiting(ctx), s.dropResults(ctx, store.Now()))
}

// TakeBack decides about the jobs that the last process of this one's name left behind. It is called before this process
// claims any.
func (s *Service) TakeBack(ctx context.Context) error { return s.runs.TakeBack(ctx) }

// Spare says that this process stops: a job that is lost with it from now on was not what ended it.
func (s *Service) Spare(ctx context.Context) error {
	return wrap("spare", s.store.Client().Job.Update().
		Where(entjob.Node(s.process.Node()), entjob.StatusEQ(entjob.StatusInProgress)).SetUnprovenRuns(0).Exec(ctx))
}

// sweepWaiting lets jobs in that wait though their user has free places, as after the limit was raised.
func (s *Service) sweepWaiting(ctx context.Context) error {
	var waiting []struct {
		UserID oid.User `json:"user_id"`
	}
	err := s.store.Client().Job.Query().
		Where(entjob.StatusEQ(entjob.StatusInQueue), entjob.IsWaiting(true)).Limit(run.Batch).
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
