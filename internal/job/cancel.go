package job

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// txHook is what is written in the transaction that cancels, with it or not at all.
type txHook func(ctx context.Context, tx *store.Tx) error

func noHook(context.Context, *store.Tx) error { return nil }

// Cancel ends a job and returns it as it ended; cancelling twice gives the same, and a job that ended first stays as it
// ended. A job that no run works on at the moment is ended at once; else its run is asked, and when it has not answered
// within Config.CancelWait it is taken over.
func (s *Service) Cancel(ctx context.Context, user oid.User, id string) (*ent.Job, error) {
	j, err := s.own(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	return s.cancel(ctx, j, noHook)
}

// CancelAny cancels a job of any user as [Service.Cancel] does. record runs in the transaction that ends the job or asks
// its run to, and not at all for a job that has ended; its error leaves the job as it is.
func (s *Service) CancelAny(ctx context.Context, id string, record func(context.Context, *store.Tx, *ent.Job) error) (*ent.Job, error) {
	jid, err := oid.Parse[oid.Job](id)
	if err != nil {
		return nil, errNotFound()
	}
	j, err := found(s.store.Client().Job.Get(ctx, jid))
	if err != nil {
		return nil, err
	}
	return s.cancel(ctx, j, func(ctx context.Context, tx *store.Tx) error { return record(ctx, tx, j) })
}

func (s *Service) cancel(ctx context.Context, j *ent.Job, hook txHook) (*ent.Job, error) {
	if !unfinished(j.Status) {
		return j, nil
	}
	return s.runs.Stop(ctx, j.UserID, j.ID, func(ctx context.Context) error { return s.requestCancel(ctx, j.ID, hook) })
}

// CancelAll requests the end of all unfinished jobs of a user, those that wait for a place first, so that none moves up.
// It does not wait for runs: each ends its job as with [Service.Cancel].
func (s *Service) CancelAll(ctx context.Context, user oid.User) error {
	var faults []error
	for _, waiting := range []bool{true, false} {
		ids, err := s.store.Client().Job.Query().
			Where(entjob.UserID(user), entjob.IsWaiting(waiting),
				entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress)).
			Order(entjob.ByID()).IDs(ctx)
		if err != nil {
			return wrap("cancel all", err)
		}
		for _, id := range ids {
			faults = append(faults, s.requestCancel(ctx, id, noHook))
		}
	}
	return errors.Join(faults...)
}

// requestCancel ends an idle job; of any other it sets the flag. A job may change from one to the other in between, so both
// are conditional and tried until one matches; hook is written with it.
func (s *Service) requestCancel(ctx context.Context, id oid.Job, hook txHook) error {
	for {
		j, err := found(s.store.Client().Job.Get(ctx, id))
		if err != nil || !unfinished(j.Status) {
			return err
		}
		err = s.end(ctx, j, ending{status: entjob.StatusCancelled, guard: []predicate.Job{idle()}, hook: hook})
		if !errors.Is(err, run.ErrLost) {
			return err
		}
		// A run has it: claimed before, or since the job was read.
		err = s.flagCancel(ctx, id, hook)
		if !errors.Is(err, run.ErrLost) {
			return err
		}
	}
}

// flagCancel asks the run of a job to end it. It returns run.ErrLost when the job became idle meanwhile.
func (s *Service) flagCancel(ctx context.Context, id oid.Job, hook txHook) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := run.Written(tx.Client().Job.Update().
			Where(entjob.ID(id), entjob.StatusEQ(entjob.StatusInProgress), entjob.Not(idle())).
			SetCancelRequestedAt(store.Now()).Save(ctx))
		if err != nil {
			return wrap("request cancel", err)
		}
		j, err := tx.Client().Job.Get(ctx, id)
		if err != nil {
			return wrap("request cancel", err)
		}
		recordSaved(tx, j)
		// After the commit: a run that reads the flag because of the signal must find it.
		tx.AfterCommit(func(ctx context.Context) { s.runs.SignalStop(ctx, j.RunID) })
		if err := step(ctx, tx, id, func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeCancelRequested) }); err != nil {
			return err
		}
		return hook(ctx, tx)
	})
}
