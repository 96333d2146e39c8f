package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
)

// Tx is a transaction with what belongs to it: the jobs it enqueues and the events it
// records. It is for the goroutine that [Store.Tx] calls, until that returns.
//
// Locks are taken in one order, so that no two transactions wait for each other:
// idempotency key, user, folder, chat, message or job; the feed's row comes last, by
// itself, and people's feeds in the order of their ids.
type Tx struct {
	sql     *sql.Tx
	client  *ent.Client
	dialect string
	jobs    []Job
	events  []Event
	after   []func(ctx context.Context)
}

// Client reads and writes inside the transaction.
func (tx *Tx) Client() *ent.Client { return tx.client }

// Enqueue adds a job, which exists from the commit on.
func (tx *Tx) Enqueue(job Job) { tx.jobs = append(tx.jobs, job) }

// Record adds events, which are numbered as the transaction's last statements and
// published after the commit. Their people's feeds must have been opened.
func (tx *Tx) Record(events ...Event) { tx.events = append(tx.events, events...) }

// AfterCommit runs fn after the commit, in the order of the calls, when the events
// have been handed on. Its context carries the caller's values but not its cancellation.
func (tx *Tx) AfterCommit(fn func(ctx context.Context)) { tx.after = append(tx.after, fn) }

// Tx runs fn in a transaction and commits it when fn returns nil; an error or a panic
// rolls back, and fn's error is returned. When the database is out of reach the error is
// UNAVAILABLE and retryable; so is a commit whose outcome nobody knows, which an
// idempotency key then tells. Transactions do not nest.
func (s *Store) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if inTx(ctx) {
		return errors.New("store: a transaction inside a transaction")
	}
	tx, err := s.commit(ctx, fn)
	if err != nil {
		return unavailable(err)
	}
	s.announce(context.WithoutCancel(ctx), tx)
	return nil
}

// commit runs fn and commits. On SQLite it holds the gate for just that long.
func (s *Store) commit(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (*Tx, error) {
	leave, err := s.gate.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	// After a commit it does nothing; it is for errors, panics and runtime.Goexit.
	defer func() { _ = tx.sql.Rollback() }()
	if err := fn(withTx(ctx), tx); err != nil {
		return nil, err
	}
	if err := tx.flush(ctx); err != nil {
		return nil, err
	}
	if err := tx.sql.Commit(); err != nil {
		return nil, commitError(err)
	}
	return tx, nil
}

func (s *Store) begin(ctx context.Context) (*Tx, error) {
	var sqlTx *sql.Tx
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		sqlTx, err = s.db.BeginTx(ctx, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: begin: %w", err)
	}
	driver := &borrowedDriver{Driver: entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: sqlTx})}
	return &Tx{sql: sqlTx, client: ent.NewClient(ent.Driver(driver)), dialect: s.dialect}, nil
}

// flush writes what fn left to the end: first the jobs, then the feed, whose row lock
// others wait for and which therefore makes commit order equal to the events' order.
func (tx *Tx) flush(ctx context.Context) error {
	if err := tx.insertJobs(ctx); err != nil {
		return fmt.Errorf("store: enqueue: %w", err)
	}
	if err := tx.writeFeeds(ctx); err != nil {
		return fmt.Errorf("store: record: %w", err)
	}
	return nil
}

// announce tells of a commit: events first, then what asked for it.
func (s *Store) announce(ctx context.Context, tx *Tx) {
	if s.onCommit != nil && len(tx.events) > 0 {
		s.onCommit(ctx, tx.events)
	}
	for _, fn := range tx.after {
		fn(ctx)
	}
}

// borrowedDriver is ent's driver over a transaction that [Store.Tx] begins and ends, so
// what ent would do in a transaction of its own joins it.
type borrowedDriver struct{ *entsql.Driver }

// Tx implements dialect.Driver.
func (d *borrowedDriver) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// BeginTx hides the driver's own, which would look for a pool.
func (d *borrowedDriver) BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

// Close implements dialect.Driver.
func (d *borrowedDriver) Close() error { return nil }

type txMark struct{}

func withTx(ctx context.Context) context.Context { return context.WithValue(ctx, txMark{}, true) }

func inTx(ctx context.Context) bool { return ctx.Value(txMark{}) != nil }
