package store

import (
	"log/slog"
	"time"
)

// Option changes how a store is opened.
type Option func(*options)

// options are the settings of a store with their defaults.
type options struct {
	log              *slog.Logger
	maxConns         int
	statementTimeout time.Duration
	lockWait         time.Duration
	retryTime        time.Duration
}

func defaults() options {
	return options{
		log:              slog.Default(),
		maxConns:         25,
		statementTimeout: 5 * time.Second,
		lockWait:         10 * time.Second,
		retryTime:        2 * time.Second,
	}
}

// WithLogger sets the logger; the default is slog's.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithMaxConns bounds the connection pool; the default is 25. A runner on Postgres opens a few more.
func WithMaxConns(n int) Option { return func(o *options) { o.maxConns = n } }

// WithStatementTimeout ends statements that run longer, on Postgres; the default is 5 s. Migrations and the
// queue's own maintenance are not bound by it.
func WithStatementTimeout(d time.Duration) Option {
	return func(o *options) { o.statementTimeout = d }
}

// WithLockWait is how long a write on SQLite waits for the file's lock, which the queue and other programs
// may hold; the default is 10 s.
func WithLockWait(d time.Duration) Option { return func(o *options) { o.lockWait = d } }

// WithRetryTime is how long a transaction retries to begin while the database is unreachable, as during a
// restart; the default is 2 s.
func WithRetryTime(d time.Duration) Option { return func(o *options) { o.retryTime = d } }
