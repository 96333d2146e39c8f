package store

import (
	"context"
	"fmt"
)

// ClockMs is an SQL expression: the database's clock in milliseconds since 1970, at the moment of evaluation.
// Leases use it, because the clocks of servers differ. It is not now(), which is the start of the
// transaction.
func (s *Store) ClockMs() string {
	if s.dialect == SQLite {
		return "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)"
	}
	return "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
}

// ms is an SQL expression: a column of times in milliseconds since 1970, for comparison with ClockMs.
func (s *Store) ms(column string) string {
	if s.dialect == SQLite {
		return "CAST(unixepoch(" + column + ", 'subsec') * 1000 AS INTEGER)"
	}
	return "(extract(epoch FROM " + column + ") * 1000)::bigint"
}

// DatabaseNowMs reads the database's clock, see [Store.ClockMs].
func (s *Store) DatabaseNowMs(ctx context.Context) (int64, error) {
	var ms int64
	if err := s.db.QueryRowContext(ctx, "SELECT "+s.ClockMs()).Scan(&ms); err != nil {
		return 0, fmt.Errorf("store: clock: %w", err)
	}
	return ms, nil
}
