package graph

import (
	"time"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
)

// model finds a model by its id; nil when the catalogue does not have it.
func (r *Resolver) model(id *string) *catalog.Model {
	if id == nil {
		return nil
	}
	m, ok := r.s.Catalog.Get(*id)
	if !ok {
		return nil
	}
	return &m
}

// costOf is an amount in the currency of provider prices; nil for nil.
func costOf(micros *int64) *Cost {
	if micros == nil {
		return nil
	}
	return &Cost{AmountMicros: *micros, Currency: planner.Currency}
}

// restorableUntil is the end of the time in which a deleted object can be restored; nil when it is not deleted.
func restorableUntil(deleted *time.Time) *time.Time {
	if deleted == nil {
		return nil
	}
	until := deleted.Add(chat.RestorableFor)
	return &until
}

// pointers returns the addresses of a list's entries, which is the form that the generated code takes.
func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// named is the id of a deleted object; nil when none was deleted.
func named[K interface {
	oid.Kind
	IsZero() bool
	String() string
}](id K) *string {
	if id.IsZero() {
		return nil
	}
	s := id.String()
	return &s
}

// nilIfZero returns nil for the zero value.
func nilIfZero[T comparable](v *T) *T {
	if *v == *new(T) {
		return nil
	}
	return v
}
