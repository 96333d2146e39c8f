package exporting

import (
	"context"
	"iter"
)

// pageRows is the most rows read at once.
const pageRows = 200

// pages reads rows by batches: it returns those behind last, the oldest first, at most pageRows; last is nil for the first.
type pages[R any] func(ctx context.Context, last *R) ([]R, error)

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
