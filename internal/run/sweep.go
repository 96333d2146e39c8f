package run

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/internal/store"
)

// Sweep decides about rows whose run is lost, and about rows that no run has claimed. Any number of processes may sweep at
// once, since each step is conditional on what it found.
func (r *Runs[ID, R]) Sweep(ctx context.Context) error {
	return errors.Join(r.recoverLost(ctx, r.Store.Expired(columnLease)), r.requeueUnclaimed(ctx))
}

// TakeBack decides about the rows that the last process of this one's name held, without waiting for their leases. It is
// called before this process claims any: no two living processes share a name.
func (r *Runs[ID, R]) TakeBack(ctx context.Context) error {
	return r.recoverLost(ctx, OfNode(r.Process.Node()), r.record.Held())
}

// OfNode holds of rows that the process of a name claimed last.
func OfNode(node string) Condition { return sql.FieldEQ(columnNode, node) }

// recoverLost decides about the rows whose run is lost by where. A failure at one row does not keep the others from it.
func (r *Runs[ID, R]) recoverLost(ctx context.Context, where ...Condition) error {
	rows, err := r.record.Find(ctx, where...)
	if err != nil {
		return fmt.Errorf("%s: sweep: %w", r.Kind, err)
	}
	var failed []error
	for _, row := range rows {
		if err := r.recover(ctx, row, where); err != nil && !errors.Is(err, ErrLost) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// recover decides about a row whose run is lost. The package comment has the reasons in their order.
func (r *Runs[ID, R]) recover(ctx context.Context, row *R, where []Condition) error {
	switch s := r.record.State(row); {
	case s.IsStopRequested:
		return r.record.TakeOver(ctx, row, true, where...)
	case s.IsResumable:
		return r.requeue(ctx, row, false, where...)
	case s.IsMarked, s.Unproven >= MaxUnproven, s.Lost >= MaxLost:
		return r.record.TakeOver(ctx, row, false, where...)
	default:
		return r.requeue(ctx, row, true, where...)
	}
}

// requeueUnclaimed requeues rows whose entry of the queue is gone, or was fetched by a worker that died before it
// claimed the row.
func (r *Runs[ID, R]) requeueUnclaimed(ctx context.Context) error {
	// The age is by this process's clock: a wrong one finds rows too soon, and the queue's entries protect those.
	rows, err := r.record.FindUnclaimed(ctx, store.Now().Add(-r.OrphanAfter))
	if err != nil {
		return fmt.Errorf("%s: sweep: %w", r.Kind, err)
	}
	for _, row := range rows {
		// An entry that was fetched within a lease may still be claimed.
		isQueued, err := r.Store.HasLiveJob(ctx, r.Entry, r.record.State(row).Run, r.Lease)
		if err != nil {
			return fmt.Errorf("%s: sweep: %w", r.Kind, err)
		}
		if isQueued {
			continue
		}
		if err := r.requeue(ctx, row, false, Unclaimed()); err != nil && !errors.Is(err, ErrLost) {
			return err
		}
	}
	return nil
}

func (r *Runs[ID, R]) requeue(ctx context.Context, row *R, isLost bool, where ...Condition) error {
	err := r.record.Requeue(ctx, row, isLost, where...)
	if err == nil {
		r.Log.InfoContext(ctx, "work without a run is requeued", "kind", r.Kind, "run", r.record.State(row).Run.String())
	}
	return err
}
