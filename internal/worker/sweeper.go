package worker

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how often replies without a worker are looked for.
const sweepEvery = 5 * time.Second

// Sweeper ends or enqueues again what has lost its worker. Every process runs one: its steps are
// conditional, so any number may run at once.
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
