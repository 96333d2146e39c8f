package chat

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// ErrBusy says that the person has as many replies under way as they may; the job comes round again.
var ErrBusy = errors.New("chat: the person's replies wait their turn")

// errRunLost says that the message is no longer this run's: somebody ended it or took it over.
var errRunLost = errors.New("chat: the run was taken over")

// mine holds while a message is being written by run.
func mine(id oid.Message, run oid.Run) predicate.Message {
	return message.And(message.ID(id), message.RunID(run),
		message.StatusIn(message.StatusPending, message.StatusStreaming))
}

// leased and expired compare a run's lease with the database's clock.
func (s *Service) leased() predicate.Message { return s.store.Leased(message.FieldLeaseUntilMs) }

func (s *Service) expired() predicate.Message { return s.store.Expired(message.FieldLeaseUntilMs) }

// renew sets the lease to begin anew.
func (s *Service) renew() func(*sql.UpdateBuilder) {
	return s.store.Renew(message.FieldLeaseUntilMs, s.cfg.Lease)
}

// claim takes the lease of a pending reply for run. It returns nil when the run is stale:
// the reply is another run's, or has ended.
func (s *Service) claim(ctx context.Context, id oid.Message, run oid.Run) (*ent.Message, error) {
	msg, err := s.store.Client().Message.Query().Where(mine(id, run)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("chat: claim: %w", err)
	}
	var n int
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.turnOf(ctx, tx, msg.UserID); err != nil {
			return err
		}
		n, err = tx.Client().Message.Update().
			Where(mine(id, run), message.StatusEQ(message.StatusPending), message.LeaseUntilMsIsNil()).
			AddRunCount(1).AddUnprovenRuns(1).SetNode(s.process.Node()).Modify(s.renew()).Save(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("chat: claim: %w", err)
	}
	if n == 0 {
		return nil, nil
	}
	return msg, nil
}

// turnOf makes sure that the person has a free place among the replies written at once.
// The person's row is locked, so the count is exact.
func (s *Service) turnOf(ctx context.Context, tx *store.Tx, user oid.User) error {
	if err := tx.LockUser(ctx, user); err != nil {
		return err
	}
	n, err := tx.Client().Message.Query().
		Where(message.UserID(user), message.StatusIn(message.StatusPending, message.StatusStreaming), s.leased()).
		Count(ctx)
	if err != nil {
		return err
	}
	if n >= s.cfg.MaxRunningReplies {
		return ErrBusy
	}
	return nil
}

// start makes a claimed reply STREAMING and stores its first piece, before that goes out.
func (s *Service) start(ctx context.Context, msg *ent.Message, run oid.Run, text string) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().Message.Update().
			Where(mine(msg.ID, run), message.StatusEQ(message.StatusPending)).
			SetStatus(message.StatusStreaming).SetStartedAt(store.Now()).SetText(text).Modify(s.renew()).Save(ctx)
		if err != nil {
			return fmt.Errorf("chat: start: %w", err)
		}
		if n == 0 {
			return errRunLost
		}
		feed.Record(tx, msg.UserID, feed.ReplyStarted, feed.Facts{Chat: msg.ChatID, Message: msg.ID, Run: run})
		return nil
	})
}

// checkpoint renews the lease, keeps the text so far, and tells whether a stop was asked for. As a rule it is one statement.
func (s *Service) checkpoint(ctx context.Context, id oid.Message, run oid.Run, text string) (stop bool, err error) {
	keep := func(where ...predicate.Message) (int, error) {
		u := s.store.Client().Message.Update().Where(append(where, mine(id, run))...).SetUnprovenRuns(0).Modify(s.renew())
		if text != "" {
			u.SetText(text)
		}
		n, err := u.Save(ctx)
		if err != nil {
			return 0, fmt.Errorf("chat: checkpoint: %w", err)
		}
		return n, nil
	}
	if n, err := keep(message.StopRequestedAtIsNil()); err != nil || n > 0 {
		return false, err
	}
	n, err := keep()
	if err == nil && n == 0 {
		err = errRunLost
	}
	return n > 0, err
}

// requeue gives a reply of which nothing was shown to a new run. proven says that the last one ended its work itself;
// guard says what must still hold.
func (s *Service) requeue(ctx context.Context, tx *store.Tx, msg *ent.Message, proven bool, guard ...predicate.Message) (bool, error) {
	run := oid.New[oid.Run]()
	u := tx.Client().Message.Update().
		Where(append(guard, mine(msg.ID, *msg.RunID), message.StatusEQ(message.StatusPending))...).
		SetRunID(run).ClearLeaseUntilMs()
	if proven {
		u.SetUnprovenRuns(0)
	}
	n, err := u.Save(ctx)
	if err != nil {
		return false, fmt.Errorf("chat: requeue: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	tx.Enqueue(replyJob(msg.ID, run, usage.First))
	return true, s.ledger.Transfer(ctx, tx, *msg.RunID, run)
}
