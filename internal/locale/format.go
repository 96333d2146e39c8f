package locale

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	xmessage "golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/weav-ai/weav/internal/errs"
)

// writer renders messages with one set of arguments in one language.
type writer struct {
	c    *Catalogue
	lang Language
	args []any
	out  strings.Builder
}

// message writes m; hash is the number of the plural around it.
func (w *writer) message(m message, hash any) {
	for _, n := range m {
		switch {
		case n.isHash:
			w.out.WriteString(w.value(hash))
		case n.arg < 0:
			w.out.WriteString(n.literal)
		case n.arg < len(w.args):
			w.argument(n, w.args[n.arg], hash)
		}
	}
}

// argument writes an argument as its kind states.
func (w *writer) argument(n node, arg, hash any) {
	switch n.kind {
	case "plural":
		w.message(w.plural(n, arg), arg)
	case "select":
		chosen, ok := n.cases[fmt.Sprint(arg)]
		if !ok {
			chosen = n.cases["other"]
		}
		w.message(chosen, hash)
	case "term":
		w.out.WriteString(w.term(arg))
	case "date":
		w.out.WriteString(w.date(arg))
	case "list":
		w.out.WriteString(w.list(arg, n.style))
	default:
		w.out.WriteString(w.value(arg))
	}
}

// plural selects a case: that of the exact number, else that of its plural form in the language.
func (w *writer) plural(n node, arg any) message {
	n64, isWhole := wholeOf(arg)
	if !isWhole {
		return n.cases["other"]
	}
	if m, ok := n.cases["="+strconv.FormatInt(n64, 10)]; ok {
		return m
	}
	// The plural rules use the last digits only.
	form := plural.Cardinal.MatchPlural(w.lang.tag(), int(magnitude(n64)%1_000_000_000), 0, 0, 0, 0)
	if m, ok := n.cases[forms[form]]; ok {
		return m
	}
	return n.cases["other"]
}

// magnitude is the absolute value; it is unsigned, since that of the smallest int64 does not fit.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// forms are CLDR's names of the plural forms.
var forms = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// value renders an argument by its type: numbers with separators, times, durations, lists and texts in the
// language, anything else as it prints.
func (w *writer) value(arg any) string {
	switch v := arg.(type) {
	case nil:
		return ""
	case errs.Text:
		return w.c.Render(w.lang, v)
	case time.Time:
		return w.date(v) + " " + v.UTC().Format("15:04 UTC")
	case time.Duration:
		return w.duration(v)
	case fmt.Stringer, error:
		return fmt.Sprint(v)
	}
	switch v := reflect.ValueOf(arg); v.Kind() {
	case reflect.Slice, reflect.Array:
		return w.list(arg, "")
	case reflect.Float32, reflect.Float64, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if f, ok := arg.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return fmt.Sprint(f)
		}
		return xmessage.NewPrinter(w.lang.tag()).Sprint(number.Decimal(arg))
	default:
		return fmt.Sprint(arg)
	}
}

// wholeOf returns an integer of any type. A type with a String method is not one: it prints as a word.
func wholeOf(arg any) (int64, bool) {
	if _, named := arg.(fmt.Stringer); named || arg == nil {
		return 0, false
	}
	switch v := reflect.ValueOf(arg); {
	case v.CanInt():
		return v.Int(), true
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return int64(v.Uint()), true //nolint:gosec // It was compared in this line.
	default:
		return 0, false
	}
}

// date renders a date in UTC, because the server does not know the reader's time zone.
func (w *writer) date(arg any) string {
	t, ok := arg.(time.Time)
	if !ok {
		return w.value(arg)
	}
	if w.lang == Korean {
		return t.UTC().Format("2006년 1월 2일")
	}
	return t.UTC().Format("January 2, 2006")
}

// duration renders hours, minutes and seconds, without those that are zero.
func (w *writer) duration(d time.Duration) string {
	total := int64(d.Round(time.Second) / time.Second)
	var parts []string
	for i, n := range []int64{total / 3600, total / 60 % 60, total % 60} {
		if n != 0 || (total == 0 && i == 2) {
			parts = append(parts, w.c.Render(w.lang, units[i](n)))
		}
	}
	return strings.Join(parts, " ")
}

// units are the units of a duration.
var units = []func(int64) errs.Text{
	func(n int64) errs.Text { return errs.Textf("%d hours", n) },
	func(n int64) errs.Text { return errs.Textf("%d minutes", n) },
	func(n int64) errs.Text { return errs.Textf("%d seconds", n) },
}

// list joins values with commas, and the last two with the word that style names: and, or.
func (w *writer) list(arg any, style string) string {
	v := reflect.ValueOf(arg)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return w.value(arg)
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = w.value(v.Index(i).Interface())
	}
	joint := joints[w.lang][style]
	if n := len(words); joint != "" && n > 1 {
		return strings.Join(words[:n-1], ", ") + joint + words[n-1]
	}
	return strings.Join(words, ", ")
}

// joints stand before the last value of a list.
var joints = map[Language]map[string]string{
	English: {"and": " and ", "or": " or "},
	Korean:  {"and": ", ", "or": " 또는 "},
}

// term renders a word of the API, such as a membership, by the catalogue's terms, or unchanged when there is
// none.
func (w *writer) term(arg any) string {
	v := reflect.ValueOf(arg)
	if v.IsValid() && v.Kind() == reflect.Slice {
		words := make([]string, v.Len())
		for i := range words {
			words[i] = w.term(v.Index(i).Interface())
		}
		return strings.Join(words, ", ")
	}
	if word, ok := w.c.terms[fmt.Sprint(arg)]; ok {
		return word[w.lang]
	}
	return w.value(arg)
}
