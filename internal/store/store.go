// Package store is the unit of work over the database: rows, jobs and events that
// commit together or not at all.
//
// It runs on Postgres (lib/pq under ent, pgx for the workers, which LISTEN) and on
// SQLite (modernc, one file). The ent entities are the records; services read through
// [Store.Client] and write through [Store.Tx] or [Store.Once].
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

// Open connects to the database url names: postgres://…, postgresql://… or sqlite:path/to/file.db.
// It fails when the database does not answer. The schema may be behind: see [Store.Migrated].
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

// Client reads outside a transaction. Single writes through it are allowed where no
// event belongs to them; on SQLite they wait at the gate like any other write, and inside
// [Store.Tx] they are refused, since they would wait for the transaction they are in.
func (s *Store) Client() *ent.Client { return s.client }

// Dialect is [Postgres] or [SQLite].
func (s *Store) Dialect() string { return s.dialect }

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return errs.Wrap(err, errs.Unavailable, "The database does not answer.").Retry(soon)
	}
	return nil
}

// Close ends all connections. Transactions and runners must have ended before.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// OnCommit names the receiver of committed events. It is set once, before the store is
// used. fn is called after each commit that recorded events, with all of them, numbered and
// grouped by person; the committing goroutine waits for it, so it must be quick and
// bounded. What it loses, readers find in the table.
func (s *Store) OnCommit(fn func(ctx context.Context, events []Event)) { s.onCommit = fn }

// Now is the present as both databases keep it: UTC, in whole microseconds.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
