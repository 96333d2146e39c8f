package locale

import (
	"context"
	_ "embed" // texts.yaml
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weav-ai/weav/internal/errs"
)

//go:embed texts.yaml
var source []byte

// preferenceTimeout bounds how long the reading of a preference may delay a text.
const preferenceTimeout = time.Second

// Catalogue holds the texts in each language. It is immutable.
type Catalogue struct {
	texts map[string]text
	terms map[string]map[Language]string
}

// text is one entry: its messages, and the verbs with which its format prints the arguments.
type text struct {
	verbs    []string
	messages map[Language]message
}

// document is the structure of texts.yaml.
type document struct {
	Terms map[string]map[Language]string `yaml:"terms"`
	Texts map[string]map[Language]string `yaml:"texts"`
}

// Read reads a catalogue and checks it: every text and every term must exist in both languages, and every
// message must parse and use the arguments of its format.
func Read(raw []byte) (*Catalogue, error) {
	var d document
	if err := yaml.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("locale: texts: %w", err)
	}
	c := &Catalogue{texts: make(map[string]text, len(d.Texts)), terms: d.Terms}
	var faults []error
	for id, messages := range d.Texts {
		t, err := textOf(id, messages)
		if err != nil {
			faults = append(faults, fmt.Errorf("locale: %q: %w", id, err))
		}
		c.texts[id] = t
	}
	for word, messages := range d.Terms {
		if messages[English] == "" || messages[Korean] == "" {
			faults = append(faults, fmt.Errorf("locale: the term %q is not in both languages", word))
		}
	}
	sort.Slice(faults, func(i, j int) bool { return faults[i].Error() < faults[j].Error() })
	return c, errors.Join(faults...)
}

// textOf reads an entry. English may be omitted when the format is the message. A format with an integer
// needs it, since the words around a number depend on it.
func textOf(id string, messages map[Language]string) (text, error) {
	t := text{messages: map[Language]message{}}
	verbs, english, err := fromFormat(id)
	if err != nil {
		return t, err
	}
	t.verbs = verbs
	if messages[English] == "" {
		if strings.Contains(strings.Join(verbs, ""), "d") {
			return t, errors.New("it has a number: write en, with a plural where the words depend on it")
		}
		messages = map[Language]string{English: english, Korean: messages[Korean]}
	}
	for _, l := range Languages() {
		if strings.TrimSpace(messages[l]) == "" {
			return t, fmt.Errorf("it is not in %s", l)
		}
		m, err := parse(messages[l])
		if err != nil {
			return t, fmt.Errorf("%s: %w", l, err)
		}
		has := map[int]bool{}
		m.arguments(has)
		for i := range verbs {
			if !has[i] {
				return t, fmt.Errorf("%s lacks the argument {%d}", l, i)
			}
		}
		if len(has) > len(verbs) {
			return t, fmt.Errorf("%s has more arguments than the format's %d", l, len(verbs))
		}
		t.messages[l] = m
	}
	return t, nil
}

// fromFormat returns the verbs of a Go format, and the format as an ICU message.
func fromFormat(format string) (verbs []string, icu string, err error) {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case '{', '}':
			out.WriteString("'" + string(c) + "'")
		case '\'':
			out.WriteString("''")
		case '%':
			end := i + 1
			for end < len(format) && strings.IndexByte("+-# 0123456789.", format[end]) >= 0 {
				end++
			}
			if end == len(format) || format[end] == '[' || format[end] == '*' {
				return nil, "", errors.New("a format of texts has plain verbs only")
			}
			if verb := format[i : end+1]; verb == "%%" {
				out.WriteByte('%')
			} else {
				fmt.Fprintf(&out, "{%d}", len(verbs))
				verbs = append(verbs, verb)
			}
			i = end
		default:
			out.WriteByte(c)
		}
	}
	return verbs, out.String(), nil
}

// Render renders a text in a language. A text that is not in the catalogue is rendered in English. A verbatim
// text that equals the format of an entry without arguments, such as a sentence that was stored in English,
// is rendered as that entry.
func (c *Catalogue) Render(l Language, t errs.Text) string {
	if t.IsVerbatim() && len(t.Args) == 1 {
		if sentence, ok := t.Args[0].(string); ok && len(c.texts[sentence].messages) > 0 && len(c.texts[sentence].verbs) == 0 {
			t = errs.Text{Format: sentence}
		}
	}
	known, ok := c.texts[t.Format]
	if !ok {
		return t.String()
	}
	w := &writer{c: c, lang: l, args: make([]any, len(t.Args))}
	for i, arg := range t.Args {
		w.args[i] = arg
		if i < len(known.verbs) && !isPlain(known.verbs[i]) {
			w.args[i] = fmt.Sprintf(known.verbs[i], arg)
		}
	}
	w.message(known.messages[l], nil)
	return w.out.String()
}

// isPlain reports whether a verb leaves the format of its argument to the language. Others, such as %q and
// %.2f, define it.
func isPlain(verb string) bool { return verb == "%s" || verb == "%d" || verb == "%v" }

// Has reports whether the catalogue has a text for an English format.
func (c *Catalogue) Has(format string) bool { _, ok := c.texts[format]; return ok }

// own reads the server's own catalogue once.
var own = sync.OnceValues(func() (*Catalogue, error) { return Read(source) })

// Own returns the server's own catalogue; the error lists its faults.
func Own() (*Catalogue, error) { return own() }

// In renders a text in a language.
func In(l Language, t errs.Text) string {
	c, err := own()
	if err != nil { // A serving process has checked it at its start.
		return t.String()
	}
	return c.Render(l, t)
}

// Render renders a text in the language of the context's reader.
func Render(ctx context.Context, t errs.Text) string {
	if t.IsZero() {
		return ""
	}
	return In(From(ctx), t)
}
