package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// maxRuns is how often a reply of which nothing was shown is begun before it fails: a
	// reply that kills its worker must not do so for ever.
	maxRuns = 3
	// sweepBatch is the most replies one sweep looks at.
	sweepBatch = 200
)

// Sweep ends or enqueues again what has lost its worker. Any number of processes may sweep at
// once: each step is conditional on the run and its lease.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.sweepExpired(ctx); err != nil {
		return err
	}
	return s.sweepUnclaimed(ctx)
}

// sweepExpired looks at replies whose run has not renewed its lease.
func (s *Service) sweepExpired(ctx context.Context) error {
	rows, err := s.store.Client().Message.Query().
		Where(message.StatusIn(message.StatusPending, message.StatusStreaming), s.expired()).
		Limit(sweepBatch).All(ctx)
	if err != nil {
		return fmt.Errorf("chat: sweep: %w", err)
	}
	var failed []error
	for _, msg := range rows {
		if err := s.rescue(ctx, msg); err != nil && !errors.Is(err, errRunLost) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// rescue decides about a reply whose worker is gone: what was shown is kept, what was not may run again.
func (s *Service) rescue(ctx context.Context, msg *ent.Message) error {
	guard := []predicate.Message{message.StatusEQ(msg.Status), s.expired()}
	switch {
	case msg.StopRequestedAt != nil:
		return s.seize(ctx, msg, ending{status: message.StatusStopped, guard: guard})
	case msg.Status == message.StatusStreaming:
		return s.seize(ctx, msg, ending{status: message.StatusInterrupted, failure: FailureWorkerLost, guard: guard})
	case msg.RunCount >= maxRuns:
		return s.seize(ctx, msg, ending{status: message.StatusFailed, failure: FailureWorkerLost, guard: guard})
	default:
		return s.again(ctx, msg, guard...)
	}
}

// sweepUnclaimed looks at replies nobody took up for a while, the oldest first, whose job is
// not in the queue any more or was fetched by a worker that died before it claimed them.
func (s *Service) sweepUnclaimed(ctx context.Context) error {
	rows, err := s.store.Client().Message.Query().
		Where(message.StatusEQ(message.StatusPending), message.LeaseUntilMsIsNil(), message.JobIDIsNil(),
			message.CreatedAtLT(store.Now().Add(-s.cfg.OrphanAfter))).
		Order(message.ByID()).Limit(sweepBatch).All(ctx)
	if err != nil {
		return fmt.Errorf("chat: sweep: %w", err)
	}
	for _, msg := range rows {
		live, err := s.store.HasLiveJob(ctx, KindReply, *msg.RunID, s.cfg.Lease)
		if err != nil {
			return fmt.Errorf("chat: sweep: %w", err)
		}
		if live {
			continue
		}
		if err := s.again(ctx, msg, message.LeaseUntilMsIsNil()); err != nil {
			return err
		}
	}
	return nil
}

// again enqueues a reply as a new run.
func (s *Service) again(ctx context.Context, msg *ent.Message, guard ...predicate.Message) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err := s.requeue(ctx, tx, msg, guard...)
		if done {
			s.log.InfoContext(ctx, "a reply without a worker is enqueued again", "run", msg.RunID.String())
		}
		return err
	})
}
