package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// migrateLock is the advisory lock of a migrating process: "weav" in ASCII.
const migrateLock = 0x77656176

// migratePostgres uses connections of its own, which have no statement timeout. The advisory lock belongs to
// its connection, so a process that dies releases it.
func (s *Store) migratePostgres(ctx context.Context, files fs.FS) error {
	db, err := postgresPool(s.url, nil)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // Nothing is pending on it; closing the connection releases the lock.
	// An advisory lock belongs to its session, so it needs a connection of its own.
	lock, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrateLock); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if err := goUp(ctx, db, Postgres, files); err != nil {
		return err
	}
	pool, err := s.QueuePool(ctx, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	return riverUp(ctx, riverpgxv5.New(pool))
}
