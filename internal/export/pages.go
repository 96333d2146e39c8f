package export

import (
	"context"
	"iter"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/internal/oid"
)

// pageRows is the most rows that are read at once.
const pageRows = 200

// pages reads rows in batches. It returns at most pageRows rows after last, the oldest first; last is nil for
// the first batch.
type pages[R any] func(ctx context.Context, last *R) ([]R, error)

// batch restricts a query to the rows of one batch.
type batch = func(*sql.Selector)

// ownedRows are the rows of a table that belong to a user, in the order of their ids, which is that of their
// creation.
func ownedRows[R any](user oid.User, key string, id func(R) any, read func(context.Context, batch) ([]R, error)) pages[R] {
	return rowsWhere("user_id", user, key, id, read)
}

// rowsWhere are the rows of a table whose column has a value. Pages are read by key and not by offset, so
// that a row that is deleted meanwhile does not hide another.
func rowsWhere[R any](column string, value any, key string, id func(R) any, read func(context.Context, batch) ([]R, error)) pages[R] {
	return func(ctx context.Context, last *R) ([]R, error) {
		return read(ctx, func(s *sql.Selector) {
			s.Where(sql.EQ(s.C(column), value))
			if last != nil {
				s.Where(sql.GT(s.C(key), id(*last)))
			}
			s.OrderBy(s.C(key)).Limit(pageRows)
		})
	}
}

// all yields the rows one by one. An error is yielded last.
func (p pages[R]) all(ctx context.Context) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var last *R
		for {
			rows, err := p(ctx, last)
			if err != nil {
				var none R
				yield(none, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if len(rows) < pageRows {
				return
			}
			last = &rows[len(rows)-1]
		}
	}
}
