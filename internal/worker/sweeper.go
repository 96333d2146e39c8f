package worker

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how often runs without a worker are looked up.
const sweepEvery = 5 * time.Second

// Sweeper ends or requeues runs that have lost their worker. Every process runs one: its steps are
// conditional updates, so any number may run at once.
func Sweeper(ctx context.Context, sweep func(context.Context) error, log *slog.Logger) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := sweep(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "a sweep failed; the next one tries again", "error", err)
		}
	}
}
