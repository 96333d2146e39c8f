package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// gate admits one writer of this process to SQLite at a time, in the order of arrival. SQLite's own waiting
// is random: an unlucky writer waits many times longer, up to its timeout. A nil gate is always open.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// enter waits for the gate and returns the function that leaves it, which may be called more than once.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	if g == nil {
		return func() {}, nil
	}
	select {
	case g <- struct{}{}: // The runtime queues senders in order.
		return sync.OnceFunc(func() { <-g }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// errOutside is the error of a write that would wait for the transaction in which it was made: a deadlock of
// one goroutine with itself.
var errOutside = errors.New("store: a write through the store's client inside a transaction; use the Tx's")

// gatedDriver enters the gate for writes outside of [Store.Tx]. Reads never wait, since SQLite in WAL mode
// has readers beside a writer.
type gatedDriver struct {
	dialect.Driver
	db   *sql.DB
	gate gate
}

// enter enters the gate, or fails inside [Store.Tx], which holds it.
func (d *gatedDriver) enter(ctx context.Context) (func(), error) {
	if inTx(ctx) {
		return nil, errOutside
	}
	return d.gate.enter(ctx)
}

// Exec implements dialect.Driver.
func (d *gatedDriver) Exec(ctx context.Context, query string, args, v any) error {
	leave, err := d.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return d.Driver.Exec(ctx, query, args, v)
}

// Query implements dialect.Driver. A statement that writes and returns rows, such as an insert, holds the
// gate until its rows are closed: the write lock lasts as long.
func (d *gatedDriver) Query(ctx context.Context, query string, args, v any) error {
	if reads(query) {
		return d.Driver.Query(ctx, query, args, v)
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return err
	}
	if err := d.Driver.Query(ctx, query, args, v); err != nil {
		leave()
		return err
	}
	rows, ok := v.(*entsql.Rows)
	if !ok {
		leave()
		return nil
	}
	rows.ColumnScanner = &gatedRows{ColumnScanner: rows.ColumnScanner, leave: leave}
	return nil
}

// Tx implements dialect.Driver.
func (d *gatedDriver) Tx(ctx context.Context) (dialect.Tx, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := d.Driver.Tx(ctx)
	if err != nil {
		leave()
		return nil, err
	}
	return &gatedTx{Tx: tx, leave: leave}, nil
}

// ExecContext runs a raw statement that writes.
func (d *gatedDriver) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return d.db.ExecContext(ctx, query, args...)
}

// QueryContext runs a raw statement that reads.
func (d *gatedDriver) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.db.QueryContext(ctx, query, args...)
}

// reads reports whether a statement only reads. ent writes statements in this form, and raw statements go
// through QueryContext.
func reads(query string) bool {
	return strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "WITH")
}

// gatedRows leaves the gate when the rows are closed.
type gatedRows struct {
	entsql.ColumnScanner
	leave func()
}

// Close ends the statement, then leaves the gate.
func (r *gatedRows) Close() error {
	defer r.leave()
	return r.ColumnScanner.Close()
}

// gatedTx leaves the gate when the transaction ends.
type gatedTx struct {
	dialect.Tx
	leave func()
}

// Commit commits, then leaves the gate.
func (t *gatedTx) Commit() error {
	defer t.leave()
	return t.Tx.Commit()
}

// Rollback rolls back, then leaves the gate.
func (t *gatedTx) Rollback() error {
	defer t.leave()
	return t.Tx.Rollback()
}
