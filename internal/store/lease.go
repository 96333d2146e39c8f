package store

import (
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
)

// Leased is the condition of a running lease. A lease is a column with the time at which it ends, in
// milliseconds of the database's clock; null is no lease. The conditions are ent predicates, and Renew is a
// Modify.
func (s *Store) Leased(column string) func(*sql.Selector) { return s.lease(column, ">") }

// Expired is the condition of an expired lease.
func (s *Store) Expired(column string) func(*sql.Selector) { return s.lease(column, "<=") }

// lease compares a column with the clock, at the moment the row is examined.
func (s *Store) lease(column, compared string) func(*sql.Selector) {
	return func(sel *sql.Selector) {
		sel.Where(sql.ExprP(sel.C(column) + " " + compared + " " + s.ClockMs()))
	}
}

// Renew sets a lease to end d from now. The statement computes the time, so no server's clock is involved.
func (s *Store) Renew(column string, d time.Duration) func(*sql.UpdateBuilder) {
	return func(u *sql.UpdateBuilder) {
		u.Set(column, sql.Expr(fmt.Sprintf("%s + %d", s.ClockMs(), d.Milliseconds())))
	}
}
