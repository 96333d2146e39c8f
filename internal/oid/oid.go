// Package oid defines the identifiers of WEAV's objects.
//
// Every id is a UUIDv7: the database stores it as a uuid, so rows sort by the
// time they were made, and the API shows it as a TypeID (chat_01j…), so a
// reader can tell what it names and a client cannot pass one kind for another.
package oid

import (
	"database/sql/driver"
	"fmt"

	"github.com/google/uuid"
	"go.jetify.com/typeid"
)

// Raw is the part all ids share: 16 bytes that database drivers can store.
type Raw struct{ uuid.UUID }

// Value implements driver.Valuer. The zero id is stored as NULL.
func (r Raw) Value() (driver.Value, error) {
	if r.IsZero() {
		return nil, nil
	}
	return r.UUID.String(), nil
}

// Scan implements sql.Scanner.
func (r *Raw) Scan(src any) error {
	if src == nil {
		r.UUID = uuid.Nil
		return nil
	}
	return r.UUID.Scan(src)
}

// IsZero reports whether the id names nothing.
func (r Raw) IsZero() bool { return r.UUID == uuid.Nil }

// New returns a fresh id. Ids made later in one process sort after earlier ones.
func New[K Kind]() K {
	return K(struct{ Raw }{Raw{uuid.Must(uuid.NewV7())}})
}

// Parse reads an id as the API shows it. Whatever is not the id of a K,
// malformed or of another kind, is an error; callers answer NOT_FOUND for all.
func Parse[K Kind](s string) (K, error) {
	var zero K
	tid, err := typeid.FromString(s)
	if err != nil {
		return zero, fmt.Errorf("oid: malformed %s id: %w", zero.Prefix(), err)
	}
	if tid.Prefix() != zero.Prefix() {
		return zero, fmt.Errorf("oid: want prefix %s", zero.Prefix())
	}
	u, err := uuid.FromBytes(tid.UUIDBytes())
	if err != nil {
		return zero, fmt.Errorf("oid: malformed %s id: %w", zero.Prefix(), err)
	}
	return K(struct{ Raw }{Raw{u}}), nil
}

// Prefix returns the kind a TypeID claims to name, or "" when it has none.
func Prefix(s string) string {
	tid, err := typeid.FromString(s)
	if err != nil {
		return ""
	}
	return tid.Prefix()
}

func (r Raw) text(prefix string) string {
	tid, err := typeid.FromUUIDWithPrefix(prefix, r.UUID.String())
	if err != nil {
		return "" // The prefix is a constant of this package and the uuid is 16 bytes: no input reaches this.
	}
	return tid.String()
}
