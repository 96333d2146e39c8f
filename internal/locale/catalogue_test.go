package locale_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// entries are the catalogue's entries as they are written.
func entries(t *testing.T) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile("texts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Texts map[string]map[string]string }
	if err := yaml.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d.Texts
}

// TestTheServersOwnCatalogueHasNoFaults is what a process checks at its start.
func TestTheServersOwnCatalogueHasNoFaults(t *testing.T) {
	t.Parallel()
	if _, err := locale.Own(); err != nil {
		t.Error(err)
	}
}

// TestEveryTextOfTheSourcesIsInTheCatalogue collects the English formats of all calls that make a message. What it
// prints for a missing one can be pasted into texts.yaml; the Korean is to be written.
func TestEveryTextOfTheSourcesIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	sources, known := collect(t), entries(t)
	slices.Sort(sources.faults)
	for _, fault := range sources.faults {
		t.Error(fault)
	}
	var missing []string
	for format, places := range sources.texts {
		if known[format] == nil {
			missing = append(missing, draft(format, places))
		}
		for _, p := range places {
			if verbs := len(verb.FindAllString(strings.ReplaceAll(format, "%%", ""), -1)); p.args >= 0 && p.args != verbs {
				t.Errorf("%s: %d arguments for %d verbs", p.at, p.args, verbs)
			}
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("texts.yaml lacks %d texts:\n%s", len(missing), strings.Join(missing, ""))
	}
	for format := range known {
		if sources.texts[format] == nil {
			t.Errorf("no call has the text %q: take it out of texts.yaml", format)
		}
	}
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// draft is the entry that a text needs.
func draft(format string, places []place) string {
	n := -1
	icu := verb.ReplaceAllStringFunc(format, func(v string) string {
		n++
		if strings.HasSuffix(v, "d") {
			return fmt.Sprintf("{%d, plural, one {#} other {#}}", n)
		}
		return fmt.Sprintf("{%d}", n)
	})
	out := "  # " + places[0].at + "\n  " + quoted(format) + ":\n"
	if strings.Contains(icu, "plural") {
		out += "    en: " + quoted(icu) + "\n"
	}
	return out + "    ko: \"\"\n"
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// TestEveryEntryRenders renders each entry with arguments of the kinds its format takes, in both languages.
func TestEveryEntryRenders(t *testing.T) {
	t.Parallel()
	left := regexp.MustCompile(`[{}]|%[sdvq]|%!|\{\d|#[^0-9a-z]`)
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for format := range entries(t) {
		verbs := verb.FindAllString(strings.ReplaceAll(format, "%%", ""), -1)
		for _, n := range []int{0, 1, 2, 5000} {
			text := errs.Text{Format: format}
			for i, v := range verbs {
				if strings.HasSuffix(v, "d") {
					text.Args = append(text.Args, n)
				} else {
					text.Args = append(text.Args, fmt.Sprintf("WORD%d", i))
				}
			}
			for _, l := range locale.Languages() {
				got := locale.In(l, text)
				if strings.TrimSpace(got) == "" || left.MatchString(got) {
					t.Errorf("%s, %d: %q renders as %q", l, n, format, got)
				}
				for i, v := range verbs {
					if word := fmt.Sprintf("WORD%d", i); !strings.HasSuffix(v, "d") && !strings.Contains(got, word) {
						t.Errorf("%s: %q loses its argument %d: %q", l, format, i, got)
					}
				}
				if n == 5000 && strings.Contains(format, "%d") && !strings.Contains(got, "5,000") {
					t.Errorf("%s: %q writes no separators: %q", l, format, got)
				}
				if l == locale.Korean && !hangul.MatchString(got) && !strings.HasPrefix(format, "`") {
					t.Errorf("%q is not Korean: %q", format, got)
				}
			}
		}
	}
}

// particles come in pairs that depend on the word before, so none may stand behind an argument.
var particles = regexp.MustCompile(`\}(을|를|은|는|이|가|와|과|으로|로|이라|라)([ .,]|$)|(은|을|이|와)\((는|를|가|과)\)|\((으|이)\)`)

// TestKoreanFitsAnyWord searches for particles that fit only some of the words an argument may be, and for the ways to
// write both.
func TestKoreanFitsAnyWord(t *testing.T) {
	t.Parallel()
	for format, messages := range entries(t) {
		if found := particles.FindString(messages["ko"]); found != "" {
			t.Errorf("%q: %q fits only some words: %s", format, found, messages["ko"])
		}
	}
}
