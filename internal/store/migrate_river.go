package store

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// riverUp applies the queue's own migrations.
func riverUp[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	// It would log each step; its errors are returned.
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// missingRiverMigrations names the queue's migrations that the database has not applied.
func (s *Store) missingRiverMigrations(ctx context.Context) ([]string, error) {
	applied, err := s.versions(ctx, "river_migration", `SELECT version FROM river_migration`)
	if err != nil {
		return nil, err
	}
	known, err := riverVersions()
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, v := range known {
		if !applied[int64(v.Version)] {
			missing = append(missing, fmt.Sprintf("queue/%03d %s", v.Version, v.Name))
		}
	}
	return missing, nil
}

// riverVersions lists the queue's migrations that this program knows; the dialects have the same. The
// migrator only returns its list, so it needs no connection.
func riverVersions() ([]rivermigrate.Migration, error) {
	m, err := rivermigrate.New(riversqlite.New(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return m.AllVersions(), nil
}

// riverLatest is the newest version, 0 when it is unknown.
func riverLatest() int {
	versions, err := riverVersions()
	if err != nil || len(versions) == 0 {
		return 0
	}
	return versions[len(versions)-1].Version
}
