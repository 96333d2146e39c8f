package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// migrateLock is the advisory lock of whoever migrates: "weav" in ASCII.
const migrateLock = 0x77656176

// migratePostgres works on connections of its own, where no statement times out.
func (s *Store) migratePostgres(ctx context.Context, files fs.FS) error {
	db, err := postgresPool(s.url, nil)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // Nothing is pending on it; the lock goes with its connection.
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
