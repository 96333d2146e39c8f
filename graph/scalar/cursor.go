package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/internal/errs"
)

// maxCursorBytes is far above any cursor the server makes.
const maxCursorBytes = 512

// MarshalCursor writes a place in a list.
func MarshalCursor(c string) graphql.Marshaler { return graphql.MarshalString(c) }

// UnmarshalCursor takes a place in a list as it came. Only the list that made it can
// read it; what no list can have made is BAD_CURSOR here already.
func UnmarshalCursor(v any) (string, error) { return readCursor(v) }

// MarshalEventCursor writes a place in a feed.
func MarshalEventCursor(c string) graphql.Marshaler { return graphql.MarshalString(c) }

// UnmarshalEventCursor takes a place in a feed as it came, as UnmarshalCursor does.
func UnmarshalEventCursor(v any) (string, error) { return readCursor(v) }

func readCursor(v any) (string, error) {
	text, ok := v.(string)
	if !ok || text == "" || len(text) > maxCursorBytes {
		return "", errCursor()
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return "", errCursor()
		}
	}
	return text, nil
}

func errCursor() error {
	return errs.New(errs.BadCursor, "This is not a cursor of this server: start again without one.")
}
