package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// migrateWait is how long a process waits for another one that migrates the same file.
const migrateWait = 5 * time.Minute

// migrateSQLite uses a connection of its own without foreign keys. SQLite changes a table by copying it and
// dropping the old one, and the drop would delete the rows that refer to it. The pragma for this has no
// effect within a transaction, and outside of one a failure would leave half a migration. Afterwards the
// foreign keys are checked once.
func (s *Store) migrateSQLite(ctx context.Context, files fs.FS) (err error) {
	path, err := sqlitePath(s.url)
	if err != nil {
		return err
	}
	unlock, err := lockFile(ctx, path+".migrate")
	if err != nil {
		return err
	}
	defer unlock()
	db, err := sqlitePool(path, s.opts.lockWait, "foreign_keys(0)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := goUp(ctx, db, SQLite, files); err != nil {
		return err
	}
	if err := checkForeignKeys(ctx, db); err != nil {
		return err
	}
	return riverUp(ctx, riversqlite.New(db))
}

// lockFile makes other processes wait that call it: it holds the write lock of an empty SQLite file. The file
// is not removed, since a process could then lock the removed file while another one locks its successor.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	db, err := sqliteFile(path, url.Values{
		"_txlock": {"exclusive"},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", migrateWait.Milliseconds())},
	})
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		_ = db.Close() // The reason is in err.
		return nil, fmt.Errorf("lock: %w", err)
	}
	return func() {
		_ = tx.Rollback() // Nothing was written.
		_ = db.Close()
	}, nil
}

// checkForeignKeys finds rows whose reference a migration broke.
func checkForeignKeys(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // The error is returned by rows.Err.
	if rows.Next() {
		return errors.New("rows refer to rows that do not exist: see PRAGMA foreign_key_check")
	}
	return rows.Err()
}
