// Package page reads growing lists in pages: a window of at most 100 entries before or after a cursor. It
// knows no list; the domain builds its conditions from the cursor's key.
package page

import (
	"slices"

	"github.com/weav-ai/weav/internal/errs"
)

const (
	// Default is how many entries a page has without first and last.
	Default = 20
	// Max is the most entries a page has.
	Max = 100
)

// Args are the arguments of a list as a client gave them; nil is absent.
type Args struct {
	First, Last   *int
	After, Before *string
}

// Window is the part of a list to read.
type Window struct {
	// Limit is how many entries: 1 to [Max].
	Limit int
	// Forward reads from the start or from After; otherwise from the end or from Before.
	Forward bool
	// After and Before are the keys of cursors, see [Encode]; nil without one.
	After, Before []string
}

// Parse checks the arguments of a list; kind names the list whose cursors are accepted. It returns
// BAD_USER_INPUT for a size out of range or two sizes, and BAD_CURSOR for a cursor that does not belong to
// this list.
func Parse(kind string, a Args) (Window, error) {
	if a.First != nil && a.Last != nil {
		return Window{}, errs.New(errs.BadUserInput, "Give `first` or `last`, not both.")
	}
	w := Window{Limit: Default, Forward: a.Last == nil}
	if err := size("first", a.First, &w.Limit); err != nil {
		return Window{}, err
	}
	if err := size("last", a.Last, &w.Limit); err != nil {
		return Window{}, err
	}
	var err error
	if w.After, err = key(kind, "after", a.After); err != nil {
		return Window{}, err
	}
	if w.Before, err = key(kind, "before", a.Before); err != nil {
		return Window{}, err
	}
	return w, nil
}

func size(name string, n, limit *int) error {
	if n == nil {
		return nil
	}
	if *n < 1 || *n > Max {
		return errs.New(errs.BadUserInput, "`%s` must be from 1 to %d.", name, Max).
			With("argument", name).With("min", 1).With("max", Max)
	}
	*limit = *n
	return nil
}

// Result is a page of a list, in the list's order.
type Result[T any] struct {
	Items []T
	// HasNext means that entries follow the last one, HasPrevious that entries precede the first.
	HasNext, HasPrevious bool
}

// Of makes a page of rows that were read in the direction of w, one more than its limit: the additional row
// shows that there is more, without a second query.
func Of[T any](rows []T, w Window) *Result[T] {
	more := len(rows) > w.Limit
	rows = rows[:min(len(rows), w.Limit)]
	if w.Forward {
		return &Result[T]{Items: rows, HasNext: more, HasPrevious: w.After != nil}
	}
	slices.Reverse(rows)
	return &Result[T]{Items: rows, HasNext: w.Before != nil, HasPrevious: more}
}
