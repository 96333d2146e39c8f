package store

import (
	"log/slog"
	"time"
)

// Option changes how a store is opened.
type Option func(*options)

type options struct {
	log              *slog.Logger
	maxConns         int
	statementTimeout time.Duration
	lockWait         time.Duration
	patience         time.Duration
}

func defaults() options {
	return options{
		log:              slog.Default(),
		maxConns:         25,
		statementTimeout: 5 * time.Second,
		lockWait:         10 * time.Second,
		patience:         2 * time.Second,
	}
}

// WithLogger names the logger; the default is slog's.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithMaxConns limits the pool of connections; the default is 25. A runner on Postgres
// opens a few of its own.
func WithMaxConns(n int) Option { return func(o *options) { o.maxConns = n } }

// WithStatementTimeout ends a statement that runs longer, on Postgres; the default is 5 s.
// Migrations and the queue's own upkeep are not bound by it.
func WithStatementTimeout(d time.Duration) Option {
	return func(o *options) { o.statementTimeout = d }
}

// WithLockWait is how long a write on SQLite waits for the file's lock, which the queue and
// other programs may hold; the default is 10 s.
func WithLockWait(d time.Duration) Option { return func(o *options) { o.lockWait = d } }

// WithPatience is how long a transaction waits to begin while the database is out of
// reach, as in a restart; the default is 2 s.
func WithPatience(d time.Duration) Option { return func(o *options) { o.patience = d } }
