package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// giveBackTime is how long a run that ends may try to requeue its reply. If it fails, the sweep does it.
const giveBackTime = 5 * time.Second

// ErrBusy says that the user has as many replies under way as they may; the queue delivers the entry again.
var ErrBusy = errors.New("chat: the user's replies wait for their turn")

// unfinished holds while a message is still to change.
func unfinished() predicate.Message {
	return message.StatusIn(message.StatusPending, message.StatusStreaming)
}

// mine holds while a message is being written by a run.
func mine(id oid.Message, runID oid.Run) predicate.Message {
	return message.And(message.ID(id), message.RunID(runID), unfinished())
}

// replies are the messages that runs write. It implements [run.Record].
type replies struct{ *Service }

// Read implements [run.Record].
func (r replies) Read(ctx context.Context, id oid.Message) (*ent.Message, error) {
	return found(r.store.Client().Message.Get(ctx, id))
}

// State implements [run.Record].
func (replies) State(msg *ent.Message) run.State {
	return run.State{
		Run: *msg.RunID, HasEnded: !running(msg.Status), IsStopRequested: msg.StopRequestedAt != nil,
		IsMarked: msg.Status == message.StatusStreaming, Unproven: msg.UnprovenRuns, Lost: msg.RunCount,
	}
}

// renewLease sets the lease to begin again, by the database's clock.
func (r replies) renewLease() func(*sql.UpdateBuilder) {
	return r.store.Renew(message.FieldLeaseUntilMs, r.cfg.Lease)
}

// Claim implements [run.Record]. It returns ErrBusy when the user has too many replies under way.
func (r replies) Claim(ctx context.Context, id oid.Message, runID oid.Run) (*ent.Message, error) {
	msg, err := r.store.Client().Message.Query().Where(mine(id, runID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("chat: claim: %w", err)
	}
	// The row is read outside the transaction, since most stale runs end here without a lock.
	err = r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := r.checkTurn(ctx, tx, msg.UserID); err != nil {
			return err
		}
		return run.Written(tx.Client().Message.Update().
			Where(mine(id, runID), message.StatusEQ(message.StatusPending), predicate.Message(run.Unclaimed())).
			AddRunCount(1).AddUnprovenRuns(1).SetNode(r.process.Node()).Modify(r.renewLease()).Save(ctx))
	})
	if errors.Is(err, run.ErrLost) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("chat: claim: %w", err)
	}
	return msg, nil
}

// checkTurn returns ErrBusy unless the user may have another reply written now. The user's row is locked until the
// transaction ends, so that the count is exact.
func (s *Service) checkTurn(ctx context.Context, tx *store.Tx, user oid.User) error {
	if err := tx.LockUser(ctx, user); err != nil {
		return err
	}
	n, err := tx.Client().Message.Query().
		Where(message.UserID(user), unfinished(), s.store.Leased(message.FieldLeaseUntilMs)).Count(ctx)
	if err != nil {
		return err
	}
	if n >= s.cfg.MaxRunningReplies {
		return ErrBusy
	}
	return nil
}

// Mark implements [run.Record]: a claimed reply becomes STREAMING with its first piece.
func (r replies) Mark(ctx context.Context, msg *ent.Message, first string) error {
	return r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := run.Written(tx.Client().Message.Update().
			Where(mine(msg.ID, *msg.RunID), message.StatusEQ(message.StatusPending)).
			SetStatus(message.StatusStreaming).SetStartedAt(store.Now()).SetText(first).Modify(r.renewLease()).Save(ctx))
		if err != nil {
			return fmt.Errorf("chat: start: %w", err)
		}
		feed.Record(tx, msg.UserID, feed.ReplyStarted, feed.Facts{Chat: msg.ChatID, Message: msg.ID, Run: *msg.RunID})
		return nil
	})
}

// Renew implements [run.Record]. A reply has no progress.
func (r replies) Renew(ctx context.Context, msg *ent.Message, text string, _ *run.Progress, where ...run.Condition) (int, error) {
	u := r.store.Client().Message.Update().Where(mine(msg.ID, *msg.RunID)).Where(run.Where[predicate.Message](where...)...).
		SetUnprovenRuns(0).Modify(r.renewLease())
	if text != "" {
		u.SetText(text)
	}
	n, err := u.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("chat: renew: %w", err)
	}
	return n, nil
}

// StopNotRequested implements [run.Record].
func (replies) StopNotRequested() run.Condition { return message.StopRequestedAtIsNil() }

// Held implements [run.Record]. A reply is written without a pause.
func (replies) Held() run.Condition { return run.Claimed() }

// Find implements [run.Record].
func (r replies) Find(ctx context.Context, where ...run.Condition) ([]*ent.Message, error) {
	return r.store.Client().Message.Query().
		Where(unfinished()).Where(run.Where[predicate.Message](where...)...).Limit(run.Batch).All(ctx)
}

// FindUnclaimed implements [run.Record]. A message that shows a job is that job's.
func (r replies) FindUnclaimed(ctx context.Context, before time.Time) ([]*ent.Message, error) {
	return r.store.Client().Message.Query().
		Where(message.StatusEQ(message.StatusPending), predicate.Message(run.Unclaimed()), message.JobIDIsNil(), message.CreatedAtLT(before)).
		Order(message.ByID()).Limit(run.Batch).All(ctx)
}

// Requeue implements [run.Record]. Nothing of the reply was shown. A run counts as unproven until it has renewed its lease.
func (r replies) Requeue(ctx context.Context, msg *ent.Message, _ bool, where ...run.Condition) error {
	return r.requeue(ctx, msg, false, run.Where[predicate.Message](where...)...)
}

// requeue gives a reply of which nothing was shown to a new run. isProven says that the last one ended its work itself.
func (s *Service) requeue(ctx context.Context, msg *ent.Message, isProven bool, where ...predicate.Message) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		next := oid.New[oid.Run]()
		u := tx.Client().Message.Update().Where(mine(msg.ID, *msg.RunID), message.StatusEQ(message.StatusPending)).Where(where...).
			SetRunID(next).ClearLeaseUntilMs()
		if isProven {
			u.SetUnprovenRuns(0)
		}
		if err := run.Written(u.Save(ctx)); err != nil {
			return fmt.Errorf("chat: requeue: %w", err)
		}
		tx.Enqueue(replyJob(msg.ID, next, usage.First)) // It has waited already.
		return s.ledger.Transfer(ctx, tx, *msg.RunID, next)
	})
}

// TakeOver implements [run.Record]. What was shown is kept: a reply that showed something was interrupted.
func (r replies) TakeOver(ctx context.Context, msg *ent.Message, isStopped bool, where ...run.Condition) error {
	e := ending{guard: slices.Clip(run.Where[predicate.Message](where...))}
	switch {
	case isStopped:
		e.status = message.StatusStopped
	case msg.Status == message.StatusStreaming:
		e.status, e.failure = message.StatusInterrupted, FailureWorkerLost
	default:
		e.status, e.failure = message.StatusFailed, FailureWorkerLost
	}
	if len(where) > 0 { // The sweep decided by the status.
		e.guard = append(e.guard, message.StatusEQ(msg.Status))
	}
	e.text = r.runs.ShownText(ctx, *msg.RunID, msg.Text)
	var err error
	if e.usage, err = r.estimate(ctx, msg, e.text); err != nil {
		return err
	}
	return r.end(ctx, msg, e)
}

// Sweep ends or requeues what has lost its run. Any number of processes may sweep at once.
func (s *Service) Sweep(ctx context.Context) error { return s.runs.Sweep(ctx) }

// TakeBack decides about the replies that the last process of this one's name left behind. It is called before this process
// claims any.
func (s *Service) TakeBack(ctx context.Context) error { return s.runs.TakeBack(ctx) }

// Spare says that this process stops: a reply that is lost with it from now on was not what ended it.
func (s *Service) Spare(ctx context.Context) error {
	err := s.store.Client().Message.Update().
		Where(message.Node(s.process.Node()), message.StatusEQ(message.StatusPending)).SetUnprovenRuns(0).Exec(ctx)
	if err != nil {
		return fmt.Errorf("chat: spare: %w", err)
	}
	return nil
}
