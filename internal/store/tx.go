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

// Tx is a transaction with the jobs it enqueues and the events it records. It belongs to the goroutine of fn,
// until [Store.Tx] returns.
//
// Locks are taken in one order, so that no two transactions wait for each other: idempotency key, user,
// folder, chat, message or job. The feed's row comes last, by itself, and several users' feeds in the order
// of their ids.
type Tx struct {
	sql     *sql.Tx
	client  *ent.Client
	dialect string
	jobs    []Job
	events  []Event
	after   []func(ctx context.Context)
}

// Client reads and writes within the transaction.
func (tx *Tx) Client() *ent.Client { return tx.client }

// Enqueue adds a job, which exists from the commit on.
func (tx *Tx) Enqueue(job Job) { tx.jobs = append(tx.jobs, job) }

// Record adds events, which are numbered by the transaction's last statements and published after the commit.
// The feeds of their users must exist.
func (tx *Tx) Record(events ...Event) { tx.events = append(tx.events, events...) }

// AfterCommit runs fn after the commit, in the order of the calls, after the events were published. Its
// context has the caller's values but not its cancellation: the commit has happened, so its consequences
// must.
func (tx *Tx) AfterCommit(fn func(ctx context.Context)) { tx.after = append(tx.after, fn) }

// Tx runs fn in a transaction and commits it when fn returns nil. An error or a panic rolls back, and fn's
// error is returned. When the database is unreachable the error is UNAVAILABLE and retryable; so is a commit
// with an unknown outcome, which a retry with an idempotency key resolves. Transactions do not nest.
func (s *Store) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if inTx(ctx) {
		return errors.New("store: a transaction inside a transaction")
	}
	tx, err := s.commit(ctx, fn)
	if err != nil {
		return unavailable(err)
	}
	// WithoutCancel: the commit has happened, whether or not the caller still waits.
	s.publish(context.WithoutCancel(ctx), tx)
	return nil
}

// commit runs fn and commits. On SQLite it holds the gate for exactly that time.
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
	// It has no effect after a commit; it handles errors, panics and runtime.Goexit.
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

// begin begins a transaction. Only this step is repeated while the database is unreachable: nothing has
// happened yet.
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

// flush writes what fn left for the end: first the jobs, then the feed. Other transactions of the user wait
// for the feed's row lock, so it is taken last, and it makes the order of commits equal to the order of
// events.
func (tx *Tx) flush(ctx context.Context) error {
	if err := tx.insertJobs(ctx); err != nil {
		return fmt.Errorf("store: enqueue: %w", err)
	}
	if err := tx.writeFeeds(ctx); err != nil {
		return fmt.Errorf("store: record: %w", err)
	}
	return nil
}

// publish publishes a commit: first the events, then the functions of AfterCommit.
func (s *Store) publish(ctx context.Context, tx *Tx) {
	if s.onCommit != nil && len(tx.events) > 0 {
		s.onCommit(ctx, tx.events)
	}
	for _, fn := range tx.after {
		fn(ctx)
	}
}

// borrowedDriver is ent's driver over a transaction that [Store.Tx] begins and ends, so that transactions
// that ent would begin itself join it.
type borrowedDriver struct{ *entsql.Driver }

// Tx implements dialect.Driver.
func (d *borrowedDriver) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// BeginTx hides the driver's own method, which would require a pool.
func (d *borrowedDriver) BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

// Close implements dialect.Driver.
func (d *borrowedDriver) Close() error { return nil }

// txMark marks the context of a transaction, to find nested ones.
type txMark struct{}

func withTx(ctx context.Context) context.Context { return context.WithValue(ctx, txMark{}, true) }

func inTx(ctx context.Context) bool { return ctx.Value(txMark{}) != nil }
