package ai

import (
	"context"
	"errors"
	"time"
)

// The causes of calls that this package's timers ended.
var (
	errIdle  = errors.New("provider was silent for too long")
	errTotal = errors.New("call took too long")
)

// watchdog cancels a context when the provider is silent for limit. The reader's time is not the provider's
// silence, so the timer is paused while the reader has an event.
type watchdog struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// watch starts a watchdog and returns the context that it ends. The cause of the context distinguishes it
// from the caller's cancellation.
func watch(ctx context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	expire := func() { cancel(errIdle) }
	return ctx, &watchdog{limit: limit, timer: time.AfterFunc(limit, expire), cancel: cancel}
}

// pause stops the timer: an event has arrived.
func (w *watchdog) pause() { w.timer.Stop() }

// resume starts the timer for the next event.
func (w *watchdog) resume() { w.timer.Reset(w.limit) }

// stop ends the watchdog and its context.
func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// endedByLimit reports whether ctx ended by the watchdog or the total limit, not by the caller.
func endedByLimit(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errIdle) || errors.Is(cause, errTotal)
}
