package errs

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Text is a message for users before it has a language. The English format literal is its key in the
// catalogue of texts (internal/locale), as in gettext. The arguments are stored beside it, so that it can be
// rendered in the language of each reader. The zero Text is empty.
type Text struct {
	Format string
	Args   []any
}

// Textf returns a Text. The format is a literal of the call, since the catalogue's test collects the
// literals. Arguments may be other Texts.
func Textf(format string, args ...any) Text {
	if false {
		_ = fmt.Sprintf(format, args...) // This makes vet check the arguments of all callers against their formats.
	}
	return Text{Format: format, Args: args}
}

// verbatim is the format of a text that the catalogue does not contain.
const verbatim = "%s"

// Verbatim returns a Text that is equal in every language: text from others, such as the GraphQL parser.
func Verbatim(s string) Text { return Text{Format: verbatim, Args: []any{s}} }

// IsVerbatim reports whether t has no entry in the catalogue by design.
func (t Text) IsVerbatim() bool { return t.Format == verbatim }

// IsZero reports whether t is empty.
func (t Text) IsZero() bool { return t.Format == "" }

// String renders t in English, for logs.
func (t Text) String() string {
	args := make([]any, len(t.Args))
	for i, arg := range t.Args {
		args[i] = arg
		if words, ok := arg.([]string); ok {
			args[i] = strings.Join(words, ", ")
		}
	}
	return fmt.Sprintf(t.Format, args...)
}

// stored is the JSON form of a Text in a database.
type stored struct {
	Format string     `json:"text"`
	Args   []argument `json:"args,omitempty"`
}

// argument is one argument of a stored Text; one field is set.
type argument struct {
	Text   *Text      `json:"text,omitempty"`
	Time   *time.Time `json:"time,omitempty"`
	Number *int64     `json:"number,omitempty"`
	Words  *string    `json:"words,omitempty"`
}

// MarshalJSON writes the format and the arguments. Arguments that are neither texts, times nor integers are
// written as they print, since their type is not needed to render them.
func (t Text) MarshalJSON() ([]byte, error) {
	s := stored{Format: t.Format}
	for _, arg := range t.Args {
		s.Args = append(s.Args, argumentOf(arg))
	}
	return json.Marshal(s)
}

func argumentOf(arg any) argument {
	switch v := arg.(type) {
	case Text:
		return argument{Text: &v}
	case time.Time:
		return argument{Time: &v}
	case int:
		n := int64(v)
		return argument{Number: &n}
	case int64:
		return argument{Number: &v}
	default:
		words := fmt.Sprint(arg)
		return argument{Words: &words}
	}
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Text) UnmarshalJSON(raw []byte) error {
	var s stored
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("errs: text: %w", err)
	}
	*t = Text{Format: s.Format}
	for _, a := range s.Args {
		t.Args = append(t.Args, a.value())
	}
	return nil
}

func (a argument) value() any {
	switch {
	case a.Text != nil:
		return *a.Text
	case a.Time != nil:
		return *a.Time
	case a.Number != nil:
		return *a.Number
	case a.Words != nil:
		return *a.Words
	default:
		return ""
	}
}
