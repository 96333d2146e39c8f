package store

import (
	"context"
	"database/sql"

	entsql "entgo.io/ent/dialect/sql"
)

// unavailableDriver turns failures of statements outside of a transaction into UNAVAILABLE, retryable, when
// Postgres is unreachable. [Store.Tx] does so for those inside.
type unavailableDriver struct{ *entsql.Driver }

// Exec implements dialect.Driver.
func (d unavailableDriver) Exec(ctx context.Context, query string, args, v any) error {
	return unavailable(d.Driver.Exec(ctx, query, args, v))
}

// Query implements dialect.Driver.
func (d unavailableDriver) Query(ctx context.Context, query string, args, v any) error {
	if err := d.Driver.Query(ctx, query, args, v); err != nil {
		return unavailable(err)
	}
	if rows, ok := v.(*entsql.Rows); ok {
		rows.ColumnScanner = unavailableRows{rows.ColumnScanner}
	}
	return nil
}

// ExecContext runs a raw statement that writes.
func (d unavailableDriver) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := d.Driver.ExecContext(ctx, query, args...)
	return res, unavailable(err)
}

// QueryContext runs a raw statement that reads.
func (d unavailableDriver) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := d.Driver.QueryContext(ctx, query, args...)
	return rows, unavailable(err)
}

// unavailableRows are rows whose connection may break between two of them.
type unavailableRows struct{ entsql.ColumnScanner }

// Err implements entsql.ColumnScanner.
func (r unavailableRows) Err() error { return unavailable(r.ColumnScanner.Err()) }
