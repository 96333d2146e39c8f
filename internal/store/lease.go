package store

import (
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
)

// A lease is a column with the moment it ends, in milliseconds of the database's clock; null is no
// lease. The conditions below fit ent's predicates, and Renew its Modify.

// Leased holds while a lease runs.
func (s *Store) Leased(column string) func(*sql.Selector) { return s.lease(column, ">") }

// Expired holds once a lease has run out.
func (s *Store) Expired(column string) func(*sql.Selector) { return s.lease(column, "<=") }

func (s *Store) lease(column, compared string) func(*sql.Selector) {
	return func(sel *sql.Selector) {
		sel.Where(sql.ExprP(sel.C(column) + " " + compared + " " + s.ClockMs()))
	}
}

// Renew sets a lease to end d from now.
func (s *Store) Renew(column string, d time.Duration) func(*sql.UpdateBuilder) {
	return func(u *sql.UpdateBuilder) {
		u.Set(column, sql.Expr(fmt.Sprintf("%s + %d", s.ClockMs(), d.Milliseconds())))
	}
}
