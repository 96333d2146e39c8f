package store

import (
	"context"
	"database/sql"

	entsql "entgo.io/ent/dialect/sql"
)

// reachDriver gives UNAVAILABLE, retryable, to statements outside a transaction that fail
// because Postgres is out of reach. [Store.Tx] does so for those inside.
type reachDriver struct{ *entsql.Driver }

// Exec implements dialect.Driver.
func (d reachDriver) Exec(ctx context.Context, query string, args, v any) error {
	return unavailable(d.Driver.Exec(ctx, query, args, v))
}

// Query implements dialect.Driver.
func (d reachDriver) Query(ctx context.Context, query string, args, v any) error {
	if err := d.Driver.Query(ctx, query, args, v); err != nil {
		return unavailable(err)
	}
	if rows, ok := v.(*entsql.Rows); ok {
		rows.ColumnScanner = reachRows{rows.ColumnScanner}
	}
	return nil
}

// ExecContext runs a raw statement that writes.
func (d reachDriver) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := d.Driver.ExecContext(ctx, query, args...)
	return res, unavailable(err)
}

// QueryContext runs a raw statement that reads.
func (d reachDriver) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := d.Driver.QueryContext(ctx, query, args...)
	return rows, unavailable(err)
}

// reachRows are rows whose connection may be lost between two of them.
type reachRows struct{ entsql.ColumnScanner }

// Err implements entsql.ColumnScanner.
func (r reachRows) Err() error { return unavailable(r.ColumnScanner.Err()) }
