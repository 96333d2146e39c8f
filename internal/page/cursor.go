package page

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

const (
	// version begins every cursor, so that the format can change.
	version = "v1"
	// maxCursor bounds what is decoded; valid cursors are far shorter.
	maxCursor = 1024
)

// encoding is strict: it refuses non-canonical input, so that every place has exactly one cursor.
var encoding = base64.RawURLEncoding.Strict()

// Encode returns the cursor of a place in a list. key are the values that the list is ordered by, with the id
// that makes the order total. A cursor is encoded and not encrypted, so nothing secret may be in it.
func Encode(kind string, key ...string) string {
	parts := []string{version, url.QueryEscape(kind)}
	for _, k := range key {
		parts = append(parts, url.QueryEscape(k))
	}
	return encoding.EncodeToString([]byte(strings.Join(parts, "|")))
}

// decode returns the key of a cursor that [Encode] made for the same kind of list.
func decode(kind, cursor string) (key []string, ok bool) {
	if len(cursor) > maxCursor {
		return nil, false
	}
	raw, err := encoding.DecodeString(cursor)
	if err != nil {
		return nil, false
	}
	parts := strings.Split(string(raw), "|")
	if len(parts) < 2 || parts[0] != version || parts[1] != url.QueryEscape(kind) {
		return nil, false
	}
	key = make([]string, 0, len(parts)-2)
	for _, p := range parts[2:] {
		k, err := url.QueryUnescape(p)
		if err != nil {
			return nil, false
		}
		key = append(key, k)
	}
	return key, true
}

func key(kind, name string, cursor *string) ([]string, error) {
	if cursor == nil {
		return nil, nil
	}
	k, ok := decode(kind, *cursor)
	if !ok {
		return nil, BadCursor(name)
	}
	return k, nil
}

// BadCursor is the error for a cursor in argument that does not belong to this list.
func BadCursor(argument string) error {
	return errs.New(errs.BadCursor, "`%s` is no cursor of this list.", argument).With("argument", argument)
}

// ID reads the key of a list that is ordered by id alone, made as Encode(kind, id.String());
// argument names the cursor in the error.
func ID[K oid.Kind](argument string, key []string) (K, error) {
	var zero K
	if len(key) != 1 {
		return zero, BadCursor(argument)
	}
	id, err := oid.Parse[K](key[0])
	if err != nil {
		return zero, BadCursor(argument)
	}
	return id, nil
}
