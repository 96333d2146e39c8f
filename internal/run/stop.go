package run

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
)

// checkEvery is how often a stop checks the row, in case the notice of its end was lost. The feed compares its heads each 5 s, or
// each 500 ms without the bus, which is too seldom for a caller that waits 2 s.
const checkEvery = 250 * time.Millisecond

// Stop ends the work on a row, and returns the row as it ended. request ends a row that no run holds, and of any other sets
// the stop flag and calls [Runs.SignalStop]. A run that does not answer within Parts.StopWait is lost by a take-over.
// Stopping twice returns the same, and a row that ended first stays as it ended.
func (r *Runs[ID, R]) Stop(ctx context.Context, user oid.User, id ID, request func(ctx context.Context) error) (*R, error) {
	// The reader is attached before the request, so that its wake cannot miss the end.
	reader, err := r.Feed.Open(ctx, user, nil)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	if err := request(ctx); err != nil {
		return nil, err
	}
	row, err := r.awaitEnd(ctx, reader.Wake(), id)
	if err != nil || row != nil {
		return row, err
	}
	return r.takeOver(ctx, id)
}

// SignalStop informs a run at once that its row's stop flag is set. Without the bus it reads the flag at its next renewal.
func (r *Runs[ID, R]) SignalStop(ctx context.Context, run oid.Run) {
	if err := r.Bus.Publish(ctx, live.ControlTopic(run.String()), []byte("stop")); err != nil {
		r.Log.DebugContext(ctx, "a stop was not published; the run reads the flag", "error", err)
	}
}

// awaitEnd returns the row once it has ended, and nil when that does not come in time. The row is what counts; wake says
// only when to read it.
func (r *Runs[ID, R]) awaitEnd(ctx context.Context, wake <-chan struct{}, id ID) (*R, error) {
	deadline := time.NewTimer(r.StopWait)
	defer deadline.Stop()
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	for {
		row, err := r.record.Read(ctx, id)
		if err != nil || r.record.State(row).HasEnded {
			return row, err
		}
		select {
		case <-wake:
		case <-check.C:
		case <-deadline.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// takeOver ends a row whose run does not answer. The run learns from its next write that it is lost. A run that ends the row
// first has won, and the row is returned as that left it.
func (r *Runs[ID, R]) takeOver(ctx context.Context, id ID) (*R, error) {
	row, err := r.record.Read(ctx, id)
	if err != nil || r.record.State(row).HasEnded {
		return row, err
	}
	if err := r.record.TakeOver(ctx, row, true); err != nil && !errors.Is(err, ErrLost) {
		return nil, err
	}
	return r.record.Read(ctx, id)
}
