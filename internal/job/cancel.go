package job

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// lookEvery is how often cancelJob looks at the row in case the notice of the end was lost.
const lookEvery = 250 * time.Millisecond

// Cancel ends a job and returns it as it ended; cancelling twice gives the same, and a job that ended
// first stays as it ended. A job nobody works on at the moment is ended at once; else its worker is told,
// and when it has not answered within Config.CancelWait its run is taken over.
func (s *Service) Cancel(ctx context.Context, user oid.User, id string) (*ent.Job, error) {
	j, err := s.own(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	return s.cancel(ctx, j, nothing)
}

// also is what is written in the transaction that cancels.
type also func(ctx context.Context, tx *store.Tx) error

func nothing(context.Context, *store.Tx) error { return nil }

// CancelAny cancels a job of anybody as [Service.Cancel] does. record runs in the transaction that ends the job or asks
// its worker to, and not at all for a job that has ended; its error leaves the job as it is.
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

func (s *Service) cancel(ctx context.Context, j *ent.Job, record also) (*ent.Job, error) {
	if !unfinished(j.Status) {
		return j, nil
	}
	wake, quiet, err := s.newsOf(ctx, j.UserID)
	if err != nil {
		return nil, err
	}
	defer quiet()
	if err := s.requestCancel(ctx, j.ID, record); err != nil {
		return nil, err
	}
	if ended, err := s.awaitEnd(ctx, wake, j.ID); err != nil || ended != nil {
		return ended, err
	}
	return s.takeOver(ctx, j.ID)
}

// idle matches jobs that nobody works on at this moment: in the queue, between two attempts, or
// between two polls.
func idle() predicate.Job {
	return entjob.Or(entjob.LeaseUntilMsIsNil(), entjob.IsParked(true))
}

// requestCancel ends an idle job; of any other it sets the flag and tells the worker. Either holds whatever
// happens to the job meanwhile, since both are conditional; record is written with it.
func (s *Service) requestCancel(ctx context.Context, id oid.Job, record also) error {
	for {
		j, err := found(s.store.Client().Job.Get(ctx, id))
		if err != nil || !unfinished(j.Status) {
			return err
		}
		err = s.end(ctx, j, ending{status: entjob.StatusCancelled, guard: []predicate.Job{idle()}, keep: record})
		if !errors.Is(err, errRunLost) {
			return err
		}
		told, err := s.flagCancel(ctx, id, record)
		if err != nil || told {
			return err
		}
	}
}

// flagCancel asks the worker of a job to end it. It tells false when the job became idle meanwhile.
func (s *Service) flagCancel(ctx context.Context, id oid.Job, record also) (told bool, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().Job.Update().
			Where(entjob.ID(id), entjob.StatusEQ(entjob.StatusInProgress), entjob.Not(idle())).
			SetCancelRequestedAt(store.Now()).Save(ctx)
		if err != nil || n == 0 {
			return wrap("request cancel", err)
		}
		told = true
		j, err := tx.Client().Job.Get(ctx, id)
		if err != nil {
			return wrap("request cancel", err)
		}
		recordSaved(tx, j)
		tx.AfterCommit(func(ctx context.Context) { s.tellWorker(ctx, j.RunID) })
		if err := step(ctx, tx, id, func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeCancelRequested) }); err != nil {
			return err
		}
		return record(ctx, tx)
	})
	return told, err
}

func (s *Service) tellWorker(ctx context.Context, run oid.Run) {
	if err := s.bus.Publish(ctx, live.ControlTopic(run.String()), []byte("cancel")); err != nil {
		s.log.DebugContext(ctx, "a cancel was not published; the worker reads the flag", "error", err)
	}
}

// newsOf returns a channel that has a value when something of the person's may have changed. While
// the bus is down it never has: the row then tells of the end.
func (s *Service) newsOf(ctx context.Context, user oid.User) (wake <-chan struct{}, quiet func(), err error) {
	reader, err := s.feed.Open(ctx, user, nil)
	if errs.CodeOf(err) == errs.Unavailable && ctx.Err() == nil {
		return nil, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return reader.Wake(), reader.Close, nil
}

// awaitEnd waits for the job's end; nil when it does not come in time.
func (s *Service) awaitEnd(ctx context.Context, wake <-chan struct{}, id oid.Job) (*ent.Job, error) {
	deadline := time.NewTimer(s.cfg.CancelWait)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		j, err := found(s.store.Client().Job.Get(ctx, id))
		if err != nil || !unfinished(j.Status) {
			return j, err
		}
		select {
		case <-wake: // The row is read next; the events only say when.
		case <-look.C:
		case <-deadline.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// takeOver ends a job whose worker does not answer. The worker finds that the run is lost at its next write.
func (s *Service) takeOver(ctx context.Context, id oid.Job) (*ent.Job, error) {
	j, err := found(s.store.Client().Job.Get(ctx, id))
	if err != nil || !unfinished(j.Status) {
		return j, err
	}
	e, err := s.cutOff(ctx, j)
	if err != nil {
		return nil, err
	}
	if err := s.end(ctx, j, e); err != nil && !errors.Is(err, errRunLost) {
		return nil, err
	}
	return found(s.store.Client().Job.Get(ctx, id))
}
