package coerce

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"

	"github.com/weav-ai/weav/internal/errs"
)

func isBuiltIn(scalar string) bool {
	switch scalar {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	default:
		return false
	}
}

// scalar reads a value as a scalar: int64, float64, string and bool for those of the specification, and as it came for custom ones.
func (v *Variables) scalar(at path, name string, value any) (any, *errs.Error) {
	if !isBuiltIn(name) {
		return v.custom(at, name, value)
	}
	read, ok := builtIn(name, value)
	if ok {
		return read, nil
	}
	switch name {
	case "Int":
		return nil, invalid(at, "Variable $%s: an Int is a whole number from -2147483648 to 2147483647, not %s.", at, shown(value))
	case "Float":
		return nil, invalid(at, "Variable $%s: a Float is a finite number, not %s.", at, shown(value))
	case "String":
		return nil, invalid(at, "Variable $%s: a String is a text in quotes, not %s.", at, shown(value))
	case "Boolean":
		return nil, invalid(at, "Variable $%s: a Boolean is true or false, not %s.", at, shown(value))
	default:
		return nil, invalid(at, "Variable $%s: an ID is a text or a whole number, not %s.", at, shown(value))
	}
}

// builtIn reads a value as one of the specification's scalars.
func builtIn(name string, value any) (read any, ok bool) {
	switch name {
	case "Int":
		n, whole := wholeOf(value)
		return n, whole && n >= math.MinInt32 && n <= math.MaxInt32
	case "Float":
		return numberOf(value)
	case "String":
		read, ok = value.(string)
	case "Boolean":
		read, ok = value.(bool)
	case "ID":
		return idOf(value)
	}
	return read, ok
}

// custom asks the scalar's own reader, whose code and words the error has.
func (v *Variables) custom(at path, name string, value any) (any, *errs.Error) {
	err := v.Scalars[name](value)
	if err == nil {
		return value, nil
	}
	var typed *errs.Error
	if !errors.As(err, &typed) {
		return nil, invalid(at, "Variable $%s: %s cannot be %s.", at, name, shown(value))
	}
	return nil, placed(at, errs.Wrap(err, typed.Code, "Variable $%s: %s cannot be %s. %s", at, name, shown(value), typed.Text))
}

// numberOf reads a number of JSON. One beyond the range of a float64 is none.
func numberOf(value any) (float64, bool) {
	var f float64
	switch n := value.(type) {
	case json.Number:
		parsed, err := strconv.ParseFloat(n.String(), 64)
		if err != nil {
			return 0, false
		}
		f = parsed
	case float64:
		f = n
	case int64:
		f = float64(n)
	case int:
		f = float64(n)
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// maxExact is the largest whole number below which every float64 is itself.
const maxExact = 1<<53 - 1

// wholeOf reads a number without a fraction, in whichever form it is written: 1, 1.0 and 1e0 are the same number.
func wholeOf(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	f, ok := numberOf(value)
	if !ok || f != math.Trunc(f) || math.Abs(f) > maxExact {
		return 0, false
	}
	return int64(f), true
}

var digits = regexp.MustCompile(`^-?(0|[1-9]\d*)$`)

// idOf reads an id, which is a text afterwards. A number of any length stands for its digits.
func idOf(value any) (string, bool) {
	switch id := value.(type) {
	case string:
		return id, true
	case json.Number:
		if digits.MatchString(id.String()) {
			return id.String(), true
		}
	}
	n, ok := wholeOf(value)
	return strconv.FormatInt(n, 10), ok
}
