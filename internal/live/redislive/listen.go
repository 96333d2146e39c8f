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

// run keeps one session connected until ctx ends. Each session is a new connection; the pause between two
// grows with each failure and starts again at minPause after a success.
func (ts *topics) run(ctx context.Context) {
	defer close(ts.done)
	pause := minPause
	for {
		s := ts.dial()
		err := s.connect(ctx)
		if err == nil {
			ts.reach.connected()
			pause = minPause
			err = s.serve(ctx, ts)
		}
		s.close()
		// Reset before the pause: subscriptions that come now wait for the next session.
		ts.reset()
		if ctx.Err() != nil {
			return
		}
		ts.reach.disconnected(err) //nolint:contextcheck // The probe ends with the bus.
		wait(ctx, pause)
		pause = min(2*pause, maxPause)
	}
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
