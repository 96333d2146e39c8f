package scalar

import (
	"regexp"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// dateTimeLayout drops trailing zeros: microseconds are the finest step both
// databases keep.
const dateTimeLayout = "2006-01-02T15:04:05.999999Z07:00"

// rfc3339 is the form time.Parse is laxer than: it takes a one-digit hour, a decimal
// comma and any offset.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// MarshalDateTime writes t as RFC 3339 in UTC with up to six decimals of a second.
// The zero time is null: a moment that never was.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.MarshalString(t.UTC().Format(dateTimeLayout))
}

// UnmarshalDateTime reads an RFC 3339 string with its offset and returns it in UTC,
// cut to the microsecond.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok || !rfc3339.MatchString(text) {
		return time.Time{}, errDateTime()
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errDateTime()
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 { // Not every database and client can write such a year.
		return time.Time{}, errDateTime()
	}
	return t, nil
}

func errDateTime() error {
	return badInput("A DateTime is a string in RFC 3339 with an offset, such as 2026-01-31T09:30:00Z.")
}
