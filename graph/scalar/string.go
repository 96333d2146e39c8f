package scalar

import (
	"github.com/99designs/gqlgen/graphql"
)

// MarshalString writes a text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a text and nothing else: gqlgen's own reader takes numbers and booleans for one.
func UnmarshalString(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", badInput("A String must be a text in quotes.")
	}
	return s, nil
}
