package scalar_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/graph/scalar"
	"github.com/weav-ai/weav/internal/errs"
)

func TestDateTimeOut(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("KST", 9*60*60)
	for name, tc := range map[string]struct {
		in   time.Time
		want string
	}{
		"whole second":          {time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC), `"2026-01-31T09:30:00Z"`},
		"milliseconds":          {time.Date(2026, 1, 31, 9, 30, 0, 120e6, time.UTC), `"2026-01-31T09:30:00.12Z"`},
		"cut to microseconds":   {time.Date(2026, 1, 31, 9, 30, 0, 123456789, time.UTC), `"2026-01-31T09:30:00.123456Z"`},
		"another zone is UTC":   {time.Date(2026, 1, 31, 9, 30, 0, 0, seoul), `"2026-01-31T00:30:00Z"`},
		"zero time is no time":  {time.Time{}, `null`},
		"zero in another zone":  {time.Time{}.In(seoul), `null`},
		"epoch is a moment too": {time.Unix(0, 0), `"1970-01-01T00:00:00Z"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := written(scalar.MarshalDateTime(tc.in)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestDateTimeIn(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 31, 9, 30, 0, 123456000, time.UTC)
	for _, good := range []string{
		"2026-01-31T09:30:00.123456Z",
		"2026-01-31T18:30:00.123456+09:00",
		"2026-01-31T09:30:00.123456789Z",
	} {
		got, err := scalar.UnmarshalDateTime(good)
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, %v", good, got, err)
		}
	}
	for name, bad := range map[string]any{
		"no offset":       "2026-01-31T09:30:00",
		"a date":          "2026-01-31",
		"blank for T":     "2026-01-31 09:30:00Z",
		"one-digit hour":  "2026-01-31T9:30:00Z",
		"decimal comma":   "2026-01-31T09:30:00,5Z",
		"no such day":     "2026-02-30T09:30:00Z",
		"offset too far":  "2026-01-31T09:30:00+24:00",
		"empty":           "",
		"epoch seconds":   json.Number("1769851800"),
		"null":            nil,
		"trailing letter": "2026-01-31T09:30:00Zx",
		"year 0":          "0000-01-31T09:30:00Z",
		"year 10000":      "9999-12-31T23:59:59-01:00",
	} {
		_, err := scalar.UnmarshalDateTime(bad)
		wantRefused(t, name, err, errs.BadUserInput)
	}
}

func TestLong(t *testing.T) {
	t.Parallel()
	if got := written(scalar.MarshalLong(math.MinInt64)); got != "-9223372036854775808" {
		t.Errorf("got %s", got)
	}
	for name, tc := range map[string]struct {
		in   any
		want int64
	}{
		"variable":       {json.Number("9223372036854775807"), math.MaxInt64},
		"literal":        {int64(-5), -5},
		"default":        {7, 7},
		"zero fraction":  {json.Number("5.0"), 5},
		"exponent":       {json.Number("1e3"), 1000},
		"decoded as any": {float64(1<<53 - 1), 1<<53 - 1},
	} {
		if got, err := scalar.UnmarshalLong(tc.in); err != nil || got != tc.want {
			t.Errorf("%s: got %d, %v; want %d", name, got, err, tc.want)
		}
	}
	for name, bad := range map[string]any{
		"too long":      json.Number("9223372036854775808"),
		"fraction":      json.Number("1.5"),
		"huge exponent": json.Number("1e999999999"),
		"rounded text":  json.Number("9007199254740993.0"),
		"string":        "12",
		"null":          nil,
		"boolean":       true,
		"rounded float": float64(1 << 53),
		"float part":    1.5,
		"not a number":  math.NaN(),
	} {
		_, err := scalar.UnmarshalLong(bad)
		wantRefused(t, name, err, errs.BadUserInput)
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	if got := written(scalar.MarshalURL("")); got != "null" {
		t.Errorf("empty URL: got %s", got)
	}
	const good = "https://example.com:8443/a?b=한글#c"
	if got, err := scalar.UnmarshalURL(good); err != nil || got != good {
		t.Errorf("got %q, %v", got, err)
	}
	for name, bad := range map[string]any{
		"relative":     "/a/b",
		"no scheme":    "example.com/a",
		"no host":      "https:///a",
		"script":       "javascript:alert(1)",
		"inline":       "data:text/html,x",
		"password":     "https://me:secret@example.com",
		"line break":   "https://example.com/a\nb",
		"blank":        "https://example.com/a b",
		"too long":     "https://example.com/" + strings.Repeat("a", 2048),
		"not UTF-8":    "https://example.com/\xff",
		"not a string": json.Number("1"),
		"null":         nil,
	} {
		_, err := scalar.UnmarshalURL(bad)
		wantRefused(t, name, err, errs.BadUserInput)
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		out func(string) graphql.Marshaler
		in  func(any) (string, error)
	}{
		"Cursor":      {scalar.MarshalCursor, scalar.UnmarshalCursor},
		"EventCursor": {scalar.MarshalEventCursor, scalar.UnmarshalEventCursor},
	}
	for kind, fn := range kinds {
		if got, err := fn.in("djE6abc-_="); err != nil || written(fn.out(got)) != `"djE6abc-_="` {
			t.Errorf("%s: got %q, %v", kind, got, err)
		}
		for name, bad := range map[string]any{
			"empty":    "",
			"too long": strings.Repeat("a", 513),
			"blank":    "a b",
			"U+0000":   "a\x00",
			"letters":  "커서",
			"number":   json.Number("1"),
			"null":     nil,
		} {
			_, err := fn.in(bad)
			wantRefused(t, kind+" "+name, err, errs.BadCursor)
		}
	}
}

func written(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

func wantRefused(t *testing.T, name string, err error, code errs.Code) {
	t.Helper()
	if got := errs.CodeOf(err); got != code {
		t.Errorf("%s: got %q (%v), want %s", name, got, err, code)
	}
}

func TestStringTakesNoNumber(t *testing.T) {
	t.Parallel()
	if got, err := scalar.UnmarshalString("7"); err != nil || got != "7" {
		t.Errorf("a text came back as %q, %v", got, err)
	}
	for name, v := range map[string]any{"number": json.Number("7"), "int": int64(7), "bool": true, "nil": nil} {
		_, err := scalar.UnmarshalString(v)
		wantRefused(t, name, err, errs.BadUserInput)
	}
}
