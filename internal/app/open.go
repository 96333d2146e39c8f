package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/memlive"
	"github.com/weav-ai/weav/internal/live/redislive"
	"github.com/weav-ai/weav/internal/store"
)

// openBus picks the bus: Redis by its URL, else this process alone.
func openBus(ctx context.Context, url string, log *slog.Logger) (live.Bus, error) {
	if url == "" {
		return memlive.New(), nil
	}
	return redislive.Open(ctx, url, redislive.WithLogger(log))
}

// Migrate brings the database of a configuration up to date. Any number of processes may do so at once. It
// fails with a [*store.DriftError] on a database that has all migrations and differs from what they make.
func Migrate(ctx context.Context, cfg Config) (err error) {
	st, err := store.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.Migrate(ctx); err != nil {
		return err
	}
	return st.Compare(ctx)
}

// Parts says which parts are embedded and which are not, without any address or secret.
func (c Config) Parts() string {
	database, bus := "Postgres", "Redis"
	if c.sqlite() {
		database = "SQLite (embedded, in " + c.DataDir + ")"
	}
	if c.RedisURL == "" {
		bus = "in process (embedded)"
	}
	files := "S3"
	if !strings.HasPrefix(c.Files.URL, "s3:") {
		files = "folder (embedded)"
	}
	models := "sandbox (embedded)"
	for _, p := range c.Providers {
		models += " and " + p.Name
	}
	return "database: " + database + ", bus: " + bus + ", files: " + files + ", models: " + models + ", sign-in: " + c.Auth
}
