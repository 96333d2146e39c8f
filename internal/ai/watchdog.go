package ai

import (
	"context"
	"errors"
	"time"
)

// Why our own clocks ended a call.
var (
	errIdle  = errors.New("provider was silent for too long")
	errTotal = errors.New("call took too long")
)

// watchdog cancels a context when the provider is silent for limit. Time that the
// reader takes is not the provider's silence: it is asleep between heard and listen.
type watchdog struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// watch starts a watchdog and returns the context it ends.
func watch(ctx context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	bark := func() { cancel(errIdle) }
	return ctx, &watchdog{limit: limit, timer: time.AfterFunc(limit, bark), cancel: cancel}
}

// heard says that the provider gave a sign of life.
func (w *watchdog) heard() { w.timer.Stop() }

// listen waits for the next sign.
func (w *watchdog) listen() { w.timer.Reset(w.limit) }

// stop ends the watch and its context.
func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// oursEnded says whether ctx ended by the watchdog or the total limit, not by the caller.
func oursEnded(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errIdle) || errors.Is(cause, errTotal)
}
