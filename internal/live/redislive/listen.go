package redislive

import (
	"context"
	"time"
)

const (
	// minPause and maxPause bound the pause before the next connection.
	minPause = 50 * time.Millisecond
	maxPause = time.Second
)

// run keeps a session up until ctx ends. It tells the log of an outage once, and of its end.
func (ts *topics) run(ctx context.Context) {
	defer close(ts.done)
	pause, down := minPause, false
	for {
		s := ts.dial()
		err := s.connect(ctx)
		if err == nil {
			if down {
				ts.log.InfoContext(ctx, "Redis is heard again")
			}
			pause, down = minPause, false
			err = s.serve(ctx, ts)
		}
		s.close()
		ts.deafen()
		if ctx.Err() != nil {
			return
		}
		if !down {
			ts.log.WarnContext(ctx, "Redis is not heard; connecting again", "error", err)
			down = true
		}
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
