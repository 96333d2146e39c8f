package ai

import (
	"context"
	"errors"
	"time"
)

// WaitFunc waits for d, or until ctx ends, and then returns ctx's error. Tests replace it to see or skip
// waits.
type WaitFunc func(ctx context.Context, d time.Duration) error

// Wait is the WaitFunc of the real clock.
func Wait(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// StopKind is the kind of a call that ended because ctx did: Timeout when its deadline passed, else Canceled.
func StopKind(ctx context.Context) Kind {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return Timeout
	}
	return Canceled
}
