package export

import (
	"context"
	"iter"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/internal/oid"
)

// pageRows is the most rows read at once.
const pageRows = 200

// pages reads rows by batches: it returns those behind last, the oldest first, at most pageRows; last is nil for the first.
type pages[R any] func(ctx context.Context, last *R) ([]R, error)

// batch narrows a query to the rows of one batch.
type batch = func(*sql.Selector)

// owned are the rows of a table that belong to a person, in the order of their ids, which is that of their time.
func owned[R any](user oid.User, key string, id func(R) any, read func(context.Context, batch) ([]R, error)) pages[R] {
	return kept("user_id", user, key, id, read)
}

// kept are the rows of a table whose column has a value.
func kept[R any](column string, value any, key string, id func(R) any, read func(context.Context, batch) ([]R, error)) pages[R] {
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

// all yields the rows one by one. An error is the last thing yielded.
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
