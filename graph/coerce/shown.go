package coerce

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	// maxShown is the longest text that an error repeats, in code points. Every token and key that the API takes is longer.
	maxShown = 24
	// maxName is how much of the name of a field that nothing has is repeated.
	maxName = 40
)

// shown is what an error says of a value: enough to find it, never a long text, which may be a secret or a person's own words.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		if n := utf8.RuneCountInString(v); n > maxShown {
			return fmt.Sprintf(`"…" (%d)`, n)
		}
		return strconv.Quote(v)
	case json.Number:
		return short(v.String())
	case []any:
		return "[…]"
	case map[string]any:
		return "{…}"
	default:
		return short(fmt.Sprint(v))
	}
}

// short cuts a name or a number to maxName code points.
func short(text string) string {
	count := 0
	for at := range text {
		if count == maxName {
			return text[:at] + "…"
		}
		count++
	}
	return text
}
