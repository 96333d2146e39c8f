package app

import (
	"context"
	"log/slog"
)

// quiet passes on warnings and errors alone.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// quieter is a log for a library that logs its heartbeat.
func quieter(log *slog.Logger) *slog.Logger { return slog.New(quiet{log.Handler()}) }
