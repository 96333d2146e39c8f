package scalar

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// maxExactFloat is the largest whole number below which every float64 is itself.
const maxExactFloat = 1<<53 - 1

// MarshalLong writes n as a JSON number. Clients whose numbers are floats read it
// exactly up to 2^53 − 1, which no amount or size of the API comes near.
func MarshalLong(n int64) graphql.Marshaler {
	return graphql.MarshalInt64(n)
}

// UnmarshalLong reads a whole JSON number of 64 bits, also one that is written with a
// fraction of zero or an exponent. Strings and fractions are refused, as is a float that
// may already have been rounded.
func UnmarshalLong(v any) (int64, error) {
	switch n := v.(type) {
	case int:
		return int64(n), nil
	case int64:
		return n, nil
	case json.Number:
		return parseLong(n.String())
	case float64:
		return longOfFloat(n)
	default:
		return 0, errLong()
	}
}

func parseLong(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errLong()
	}
	return longOfFloat(f)
}

func longOfFloat(f float64) (int64, error) {
	if math.IsNaN(f) || f != math.Trunc(f) || math.Abs(f) > maxExactFloat {
		return 0, errLong()
	}
	return int64(f), nil
}

func errLong() error {
	return badInput("A Long is a whole number that fits in 64 bits.")
}
