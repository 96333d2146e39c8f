package redislive

import (
	"context"
	"time"
)

const (
	// minPause and maxPause bound the pause before the next connection.
	minPause = 50 * time.Millisecond
	maxPause = 500 * time.Millisecond
)

// run keeps a session up until ctx ends.
func (ts *topics) run(ctx context.Context) {
	defer close(ts.done)
	pause := minPause
	for {
		s := ts.dial()
		err := s.connect(ctx)
		if err == nil {
			ts.reach.heard()
			pause = minPause
			err = s.serve(ctx, ts)
		}
		s.close()
		ts.deafen()
		if ctx.Err() != nil {
			return
		}
		ts.reach.unheard(err) //nolint:contextcheck // The probe ends with the bus.
		wait(ctx, pause)
		pause = min(2*pause, maxPause)
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
