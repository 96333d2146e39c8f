// Package oid defines the identifiers of WEAV's objects.
//
// Every id is a UUIDv7: the database stores it as a uuid, so rows sort by the
// time they were made, and the API shows it as a TypeID (chat_01j…), so a
// reader can tell what it names and a client cannot pass one kind for another.
package oid

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"
	"go.jetify.com/typeid"
)

//go:generate go run ./gen

// errInput refuses typed ids as input: ids of the API are read with Parse, whose failure is NOT_FOUND.
var errInput = errors.New("oid: ids are read with Parse")

// New returns a fresh id. Ids made later in one process sort after earlier ones.
func New[K Kind]() K { return K(uuid.Must(uuid.NewV7())) }

// Parse reads an id as the API shows it. What is not the id of a K,
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
	return K(u), nil
}

// Prefix returns the kind a TypeID claims to name, or "" when it has none.
func Prefix(s string) string {
	tid, err := typeid.FromString(s)
	if err != nil {
		return ""
	}
	return tid.Prefix()
}

// text is an id as the API shows it.
func text(prefix string, id uuid.UUID) string {
	tid, err := typeid.FromUUIDWithPrefix(prefix, id.String())
	if err != nil {
		return "" // The prefix is a constant of this package and the uuid is 16 bytes: no input reaches this.
	}
	return tid.String()
}

// value is an id as the database stores it; the zero id is NULL.
func value(id uuid.UUID) (driver.Value, error) {
	if id == uuid.Nil {
		return nil, nil
	}
	return id.String(), nil
}

// scan reads an id as the database stores it; NULL is the zero id.
func scan(id *uuid.UUID, src any) error {
	if src == nil {
		*id = uuid.Nil
		return nil
	}
	return id.Scan(src)
}

func write(w io.Writer, s string) {
	// A failed write shows again when the response is sent.
	_, _ = io.WriteString(w, strconv.Quote(s))
}
