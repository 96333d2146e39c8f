// Package store is the unit of work over the database: rows, jobs and events that commit together or not at
// all.
//
// It runs on Postgres (lib/pq under ent, pgx for the workers, which LISTEN) and on SQLite (modernc, one
// file). The ent entities are the records; services read through [Store.Client] and write through [Store.Tx]
// or [Store.Once].
package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/errs"
)

// The dialects, as ent and its query builders name them.
const (
	Postgres = dialect.Postgres
	SQLite   = dialect.SQLite
)

// Store is a database. It is safe for concurrent use.
type Store struct {
	url      string
	dialect  string
	opts     options
	db       *sql.DB
	client   *ent.Client
	gate     gate // nil on Postgres
	onCommit func(ctx context.Context, events []Event)
}

// Open connects to the database that url names: postgres://…, postgresql://… or sqlite:path/to/file.db. It
// fails when the database does not answer. The schema may be behind: see [Store.Migrated].
func Open(ctx context.Context, url string, opts ...Option) (*Store, error) {
	s := &Store{url: url, opts: defaults()}
	for _, opt := range opts {
		opt(&s.opts)
	}
	var err error
	switch scheme, _, _ := strings.Cut(url, ":"); scheme {
	case "postgres", "postgresql":
		err = s.openPostgres()
	case "sqlite":
		err = s.openSQLite()
	default:
		err = fmt.Errorf("scheme %q is none of postgres, postgresql, sqlite", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	if err := s.retry(ctx, s.db.PingContext); err != nil {
		_ = s.db.Close() // Nothing is pending on it.
		return nil, fmt.Errorf("store: open: %w", err)
	}
	return s, nil
}

// Client reads outside of a transaction. Single writes through it are allowed when no event belongs to them.
// On SQLite they wait at the gate like any other write; inside [Store.Tx] they are refused, since they would
// wait for their own transaction.
func (s *Store) Client() *ent.Client { return s.client }

// Dialect is [Postgres] or [SQLite].
func (s *Store) Dialect() string { return s.dialect }

// Ping fails when the database does not answer.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return errs.Wrap(err, errs.Unavailable, "The database does not answer.").Retry(retryAfter)
	}
	return nil
}

// Close closes all connections. Transactions and runners must have ended before.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// OnCommit sets the receiver of committed events. It is set once, before the store is used. fn is called
// after each commit that recorded events, with all of them, numbered and grouped by user. The committing
// goroutine waits for it, so it must be fast and bounded. Events that it loses are found in the table.
func (s *Store) OnCommit(fn func(ctx context.Context, events []Event)) { s.onCommit = fn }

// Now is the time as both databases store it: UTC, in whole microseconds. So a value is equal to itself after
// it was read back.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
