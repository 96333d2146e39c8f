package locale_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// said reads a catalogue of one text, the same in both languages, and renders it.
func said(t *testing.T, format, icu string, args ...any) (english, korean string) {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"terms": map[string]any{"PAID": map[string]string{"en": "paid for", "ko": "결제 완료"}},
		"texts": map[string]any{format: map[string]string{"en": icu, "ko": icu}, "It is full.": map[string]string{"ko": "가득 찼습니다."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := locale.Read(raw) // JSON is YAML.
	if err != nil {
		t.Fatal(err)
	}
	text := errs.Text{Format: format, Args: args}
	return c.Render(locale.English, text), c.Render(locale.Korean, text)
}

type color string

func (c color) String() string { return strings.ToLower(string(c)) }

func TestMessages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("KST", 9*3600))
	const days = "{0, plural, =0 {none} one {# day} other {# days}}"
	for name, tc := range map[string]struct {
		format, icu     string
		arg             any
		english, korean string
	}{
		"a word":                  {"%s", "<{0}>", "w", "<w>", "<w>"},
		"a number":                {"%d", "{0}", 1234567, "1,234,567", "1,234,567"},
		"a negative number":       {"%d", "{0}", int64(-1234), "-1,234", "-1,234"},
		"the greatest number":     {"%d", "{0}", uint64(1<<64 - 1), "18,446,744,073,709,551,615", "18,446,744,073,709,551,615"},
		"a fraction":              {"%v", "{0}", 1234.5, "1,234.5", "1,234.5"},
		"a format of its own":     {"%.2f", "{0}", 1234.567, "1234.57", "1234.57"},
		"in quotes":               {"%q", "{0}", "a\nb", `"a\nb"`, `"a\nb"`},
		"one":                     {"%d", days, 1, "1 day", "1 days"},
		"many":                    {"%d", days, 1200, "1,200 days", "1,200 days"},
		"a very number":           {"%d", days, int64(0), "none", "none"},
		"minus one":               {"%d", days, -1, "-1 day", "-1 days"},
		"a word for a number":     {"%s", days, "few", "few days", "few days"},
		"a choice":                {"%s", "{0, select, A {first} other {else}}", color("A"), "else", "else"},
		"another choice":          {"%s", "{0, select, a {first} other {else}}", color("A"), "first", "first"},
		"a choice in a plural":    {"%d", "{0, plural, other {{0, select, 3 {three: #} other {#}}}}", 3, "three: 3", "three: 3"},
		"a day":                   {"%s", "{0, date}", at, "March 3, 2026", "2026년 3월 3일"},
		"a time":                  {"%s", "{0}", at, "March 3, 2026 20:06 UTC", "2026년 3월 3일 20:06 UTC"},
		"a length of time":        {"%s", "{0}", 26*time.Hour + time.Second, "26 hours 1 seconds", "26 hours 1 seconds"},
		"no time at all":          {"%s", "{0}", time.Duration(0), "0 seconds", "0 seconds"},
		"a list":                  {"%s", "{0}", []string{"a", "b", "c"}, "a, b, c", "a, b, c"},
		"one of a list":           {"%s", "{0, list, or}", []string{"a", "b", "c"}, "a, b or c", "a, b 또는 c"},
		"all of a list":           {"%s", "{0, list, and}", []int{1, 2000}, "1 and 2,000", "1, 2,000"},
		"a list of one":           {"%s", "{0, list, or}", []string{"a"}, "a", "a"},
		"a term":                  {"%s", "{0, term}", color("PAID"), "paid", "paid"},
		"a term as it is written": {"%s", "{0, term}", "PAID", "paid for", "결제 완료"},
		"terms":                   {"%s", "{0, term}", []string{"PAID", "x"}, "paid for, x", "결제 완료, x"},
		"a text":                  {"%s", "{0}", errs.Textf("It is full."), "It is full.", "가득 찼습니다."},
		"others' words":           {"%s", "{0}", errs.Verbatim("what they say"), "what they say", "what they say"},
		"apostrophes":             {"%s", "it's '{0}' ''{0}''", "w", "it's {0} 'w'", "it's {0} 'w'"},
		"a hash":                  {"%s", "# {0}", "w", "# w", "# w"},
		"a quoted hash":           {"%d", "{0, plural, other {'#' #}}", 2, "# 2", "# 2"},
		"an unclosed quote":       {"%s", "{0} '{x", "w", "w {x", "w {x"},
		"nothing":                 {"%s", "<{0}>", nil, "<>", "<>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			english, korean := said(t, "=> "+tc.format, tc.icu, tc.arg)
			if english != tc.english || korean != tc.korean {
				t.Errorf("got %q and %q, want %q and %q", english, korean, tc.english, tc.korean)
			}
		})
	}
}

// TestFaultsOfACatalogue are found when it is read, before a text is shown.
func TestFaultsOfACatalogue(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ yaml, fault string }{
		"no Korean":            {`texts: {"Full.": {en: Full.}}`, "not in ko"},
		"a blank Korean":       {`texts: {"Full.": {ko: " "}}`, "not in ko"},
		"a number, no English": {`texts: {"At most %d.": {ko: "{0}까지"}}`, "write en"},
		"an argument lacks":    {`texts: {"%s and %s": {ko: "{0}"}}`, "lacks the argument {1}"},
		"an argument too many": {`texts: {"It is %s.": {ko: "{0} {1}"}}`, "more arguments"},
		"no case other":        {`texts: {"%d": {en: "{0}", ko: "{0, plural, one {a}}"}}`, "no case other"},
		"a case twice":         {`texts: {"%d": {en: "{0}", ko: "{0, plural, one {a} one {b} other {c}}"}}`, "there twice"},
		"an open brace":        {`texts: {"%s": {ko: "{0"}}`, "not closed"},
		"an open case":         {`texts: {"%d": {en: "{0}", ko: "{0, plural, other {a}"}}`, "a word and a message"},
		"a closing brace":      {`texts: {"Full.": {ko: "가}"}}`, "not opened"},
		"a named argument":     {`texts: {"%s": {ko: "{name}"}}`, "a number from 0"},
		"an unknown kind":      {`texts: {"%s": {ko: "{0, spellout}"}}`, "no kind spellout"},
		"a verb by its place":  {`texts: {"%[1]s": {ko: "{0}"}}`, "plain verbs"},
		"a key twice":          {"texts:\n  a: {ko: 가}\n  a: {ko: 나}", "already defined"},
		"half a term":          {`terms: {PAID: {en: paid}}`, "not in both"},
		"no YAML":              {"\t", "locale: texts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := locale.Read([]byte(tc.yaml)); err == nil || !strings.Contains(err.Error(), tc.fault) {
				t.Errorf("got %v, want %q", err, tc.fault)
			}
		})
	}
}

// TestAStoredSentenceIsTranslated covers rows of before their texts were kept: the English is the text's own name.
func TestAStoredSentenceIsTranslated(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]string{
		"It was paid in another shop.": "다른 상점에서 결제되었습니다.",
		"30 days of STANDARD.":         "30 days of STANDARD.",
		"%s of %s.":                    "%s of %s.",
		"":                             "",
	} {
		if got := locale.In(locale.Korean, errs.Verbatim(stored)); got != want {
			t.Errorf("%q reads %q, want %q", stored, got, want)
		}
	}
}

func TestATextThatIsNotInTheCatalogueIsEnglish(t *testing.T) {
	t.Parallel()
	unknown := "Nobody wrote %d of %s down."
	if got := locale.In(locale.Korean, errs.Text{Format: unknown, Args: []any{3, []string{"a", "b"}}}); got != "Nobody wrote 3 of a, b down." {
		t.Errorf("got %q", got)
	}
}
