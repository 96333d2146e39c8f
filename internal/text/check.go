// Package text holds the rules for all incoming text: it is counted in Unicode code points of its composed
// form, and it never contains U+0000, which Postgres cannot store, or a surrogate.
package text

import (
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/errs"
)

// Checker gathers the faults of one input, so that a user gets all of them at once. The zero value is ready.
type Checker struct{ faults errs.InputErrors }

// Text checks the value at field, which is a path below the input with dots between its parts. The length is
// that of [Count]. With least above 0 a [Blank] value counts as missing.
func (c *Checker) Text(field, value string, least, most int) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		c.Fail(errs.InvalidChars, field, "This text holds a character that no text may: U+0000 or half of a surrogate pair.")
	case least > 0 && Blank(value):
		c.Fail(errs.Required, field, "This must not be blank.")
	}
	if Count(value) > most {
		c.Fail(errs.TooLong, field, "This may have at most %d characters.", most)
	}
}

// Fail adds a fault of the value at field; an empty field is the input as a whole.
func (c *Checker) Fail(reason errs.Reason, field, format string, args ...any) {
	c.FailText(reason, field, errs.Textf(format, args...))
}

// FailText adds a fault whose message was made elsewhere.
func (c *Checker) FailText(reason errs.Reason, field string, t errs.Text) {
	c.faults = append(c.faults, errs.Fault(reason, path(field), t))
}

// Take adds the faults that err contains. An error of another kind is returned unchanged.
func (c *Checker) Take(err error) error {
	faults, ok := errs.InputOf(err)
	if !ok {
		return err
	}
	c.faults = append(c.faults, faults...)
	return nil
}

// Err returns the faults as [errs.InputErrors], nil when there are none.
func (c *Checker) Err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return c.faults
}

// Check checks a single value as [Checker.Text] does.
func Check(field, value string, least, most int) error {
	var c Checker
	c.Text(field, value, least, most)
	return c.Err()
}

func path(field string) []string {
	if field == "" {
		return []string{"input"}
	}
	return append([]string{"input"}, strings.Split(field, ".")...)
}
