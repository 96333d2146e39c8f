package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// sweepBatch is the most replies one sweep looks at.
const sweepBatch = 200

// Sweep ends or enqueues again what has lost its worker. Any number of processes may sweep at
// once: each step is conditional on the run and its lease.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.sweepExpired(ctx); err != nil {
		return err
	}
	return s.sweepUnclaimed(ctx)
}

// TakeBack decides about the replies that the last process of this one's name left behind, without waiting for their
// leases. It is called before this process claims any.
func (s *Service) TakeBack(ctx context.Context) error {
	return s.rescueAll(ctx, message.Node(s.process.Node()), message.LeaseUntilMsNotNil())
}

// Spare says that this process is told to stop: a reply that is lost with it from now on was not what ended it.
func (s *Service) Spare(ctx context.Context) error {
	err := s.store.Client().Message.Update().
		Where(message.Node(s.process.Node()), message.StatusEQ(message.StatusPending)).SetUnprovenRuns(0).Exec(ctx)
	if err != nil {
		return fmt.Errorf("chat: spare: %w", err)
	}
	return nil
}

// sweepExpired looks at replies whose run has not renewed its lease.
func (s *Service) sweepExpired(ctx context.Context) error { return s.rescueAll(ctx, s.expired()) }

// rescueAll decides about the replies that are lost.
func (s *Service) rescueAll(ctx context.Context, lost ...predicate.Message) error {
	rows, err := s.store.Client().Message.Query().
		Where(append(lost, message.StatusIn(message.StatusPending, message.StatusStreaming))...).
		Limit(sweepBatch).All(ctx)
	if err != nil {
		return fmt.Errorf("chat: sweep: %w", err)
	}
	var failed []error
	for _, msg := range rows {
		if err := s.rescue(ctx, msg, lost); err != nil && !errors.Is(err, errRunLost) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// rescue decides about a reply whose worker is gone: what was shown is kept, what was not may run again. A run counts
// against its reply only if it never renewed its lease: later on a reply does nothing that could end a process.
func (s *Service) rescue(ctx context.Context, msg *ent.Message, lost []predicate.Message) error {
	guard := append(slices.Clone(lost), message.StatusEQ(msg.Status))
	switch {
	case msg.StopRequestedAt != nil:
		return s.seize(ctx, msg, ending{status: message.StatusStopped, guard: guard})
	case msg.Status == message.StatusStreaming:
		return s.seize(ctx, msg, ending{status: message.StatusInterrupted, failure: FailureWorkerLost, guard: guard})
	case msg.UnprovenRuns >= run.MaxUnproven || msg.RunCount >= run.MaxLost:
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
		done, err := s.requeue(ctx, tx, msg, false, guard...)
		if done {
			s.log.InfoContext(ctx, "a reply without a worker is enqueued again", "run", msg.RunID.String())
		}
		return err
	})
}
