package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want []string
	}{
		"empty":                  {"", nil},
		"blank":                  {" \n\u3000", nil},
		"grams shorten at ends":  {"Abcd", []string{"abc", "bcd", "cd", "d"}},
		"words stand apart":      {"ab cd", []string{"ab", "b", "cd", "d"}},
		"once each":              {"aaaa", []string{"aaa", "aa", "a"}},
		"Korean":                 {"서울시의", []string{"서울시", "울시의", "시의", "의"}},
		"composed":               {norm.NFD.String("한글"), []string{"한글", "글"}},
		"punctuation":            {"a.b", []string{"a.b", ".b", "b"}},
		"beyond the basic plane": {"😀👍", []string{"😀👍", "👍"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Terms(c.text); !slices.Equal(got, c.want) {
				t.Errorf("Terms(%q) = %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func TestTermsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for r := rune(0x20000); r < 0x20000+maxTerms; r++ {
		b.WriteRune(r)
		b.WriteRune(r)
		b.WriteString(" ")
	}
	if got := len(Terms(b.String() + "beyond")); got != maxTerms {
		t.Errorf("%d terms, want %d", got, maxTerms)
	}
}

func TestIndexExpressions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ query, tsquery, fts5 string }{
		"one code point":    {"가", `'가':*`, `t : "가" *`},
		"two":               {"서울", `'서울':*`, `t : "서울" *`},
		"more":              {"HELLO", `'hel' & 'ell' & 'llo'`, `t : "hel" AND t : "ell" AND t : "llo"`},
		"words":             {"go 서울", `'go':* & '서울':*`, `t : "go" * AND t : "서울" *`},
		"once each":         {"aaaa", `'aaa'`, `t : "aaa"`},
		"outer punctuation": {"(go),", `'go':*`, `t : "go" *`},
		"inner punctuation": {"a.b", `'a.b'`, `t : "a.b"`},
		"nothing else":      {"?!", `'?!':*`, `t : "?!" *`},
		"quotes":            {`a'b`, `'a''b'`, `t : "a'b"`},
		"backslash":         {`a\b`, `'a\\b'`, `t : "a\b"`},
		"double quotes":     {`a"b`, `'a"b'`, `t : "a""b"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := Parse(c.query)
			if got := q.TSQuery(); got != c.tsquery {
				t.Errorf("TSQuery = %s, want %s", got, c.tsquery)
			}
			if got := q.FTS5("t"); got != c.fts5 {
				t.Errorf("FTS5 = %s, want %s", got, c.fts5)
			}
		})
	}
}

func TestIndexIsQueriedWithFewTerms(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("abcdefghijklmnopqrstuvwxyz0123456789", 5)
	if got := len(Parse(long).terms()); got != maxIndexTerms {
		t.Errorf("%d terms of a long word, want %d", got, maxIndexTerms)
	}
	if got := len(Parse("a b c d e f g h i j k l").terms()); got != maxIndexWords {
		t.Errorf("%d terms of many words, want %d", got, maxIndexWords)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		query, text string
		marked      []string // nil: not found
	}{
		"the whole text":              {"서울", "서울", []string{"서울"}},
		"inside a longer word":        {"시청", "서울시청에서", []string{"시청"}},
		"one syllable":                {"청", "서울시청에서", []string{"청"}},
		"another case":                {"hELLO", "Say Hello!", []string{"Hello"}},
		"final sigma":                 {"ΟΔΟΣ", "οδος οδοσ", []string{"οδος", "οδοσ"}},
		"decomposed query":            {norm.NFD.String("한글"), "한글을", []string{"한글"}},
		"decomposed text":             {"한글", norm.NFD.String("x한글을"), []string{norm.NFD.String("한글")}},
		"accents":                     {"café", "cafe\u0301s", []string{"cafe\u0301"}},
		"a letter with its accent":    {"cafe", "café", []string{"café"}},
		"all words":                   {"alpha beta", "beta and alpha", []string{"beta", "alpha"}},
		"a word is missing":           {"alpha gamma", "beta and alpha", nil},
		"grams that stand apart":      {"abcd", "abc bcd cd d", nil},
		"overlapping words":           {"abc bcd", "xabcdx", []string{"abcd"}},
		"touching places":             {"ab", "abab", []string{"abab"}},
		"emoji":                       {"🎉", "party 🎉 time", []string{"🎉"}},
		"punctuation around":          {"«world»?", "hello, world.", []string{"world"}},
		"punctuation inside":          {"node.js", "use Node.js here", []string{"Node.js"}},
		"symbols count":               {"c++", "c and C++", []string{"C++"}},
		"punctuation alone":           {"?!", "what?!", []string{"?!"}},
		"words part at any space":     {"a\u3000b", "b a", []string{"b", "a"}},
		"not across words":            {"ab", "a b", nil},
		"line breaks":                 {"two", "one\ntwo", []string{"two"}},
		"the eleventh word counts":    {"a b c d e f g h i j zz", "abcdefghij", nil},
		"nothing asked":               {"", "text", nil},
		"case that changes its bytes": {"ı", "Iİ", []string{"Iİ"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, ok := Parse(c.query).Find(c.text)
			if ok != (c.marked != nil) {
				t.Fatalf("found = %v", ok)
			}
			if got := marked(e); !slices.Equal(got, c.marked) {
				t.Errorf("marked %q in %q, want %q", got, e.Text, c.marked)
			}
		})
	}
}

// marked cuts the highlights out as a client does, in UTF-16.
func marked(e Excerpt) []string {
	units := utf16.Encode([]rune(e.Text))
	var out []string
	for _, r := range e.Highlights {
		out = append(out, string(utf16.Decode(units[r.Start:r.End])))
	}
	return out
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 100)
	cases := map[string]struct {
		query, text, begins, ends string
	}{
		"short text is whole":     {"b", "a b c", "a b c", "a b c"},
		"exactly as long":         {"end", strings.Repeat("x", MaxExcerpt-3) + "end", "…x", "xend"},
		"cut behind":              {"word", words, words[:9], "…"},
		"cut before, at a word":   {"end", words + "end", "…word", "word end"},
		"cut on both sides":       {"mid", words + "mid " + words, "…word", "…"},
		"inside one long word":    {"mid", strings.Repeat("가", 500) + "mid" + strings.Repeat("나", 500), "…가", "나…"},
		"a match beyond its room": {strings.Repeat("z", 190), "a " + strings.Repeat("z", 300), "a zz", "z…"},
		"emoji are counted once":  {"mid", strings.Repeat("😀", 300) + "mid", "…😀", "😀mid"},
		"white space as spaces":   {"b", "a\n\tb", "a  b", "a  b"},
		"most words together":     {"one two", "one " + words + "two and one " + words, "…word", "…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, ok := Parse(c.query).Find(c.text)
			if !ok {
				t.Fatal("not found")
			}
			if n := utf8.RuneCountInString(e.Text); n > MaxExcerpt {
				t.Errorf("%d code points, at most %d", n, MaxExcerpt)
			}
			if !strings.HasPrefix(e.Text, c.begins) || !strings.HasSuffix(e.Text, c.ends) {
				t.Errorf("%q, want %q to %q", e.Text, c.begins, c.ends)
			}
			if len(e.Highlights) == 0 {
				t.Error("nothing is marked")
			}
		})
	}
}

func TestExcerptShowsMostWords(t *testing.T) {
	t.Parallel()
	text := "one " + strings.Repeat("word ", 100) + "two and one"
	e, _ := Parse("one two").Find(text)
	if got := marked(e); !slices.Equal(got, []string{"two", "one"}) {
		t.Errorf("marked %q", got)
	}
}

func TestExcerptPartsNoCharacter(t *testing.T) {
	t.Parallel()
	for name, char := range map[string]string{
		"accents": "e\u0301\u0323", "joined emoji": "👩‍👩‍👧", "modified emoji": "👍🏽", "Hangul in parts": norm.NFD.String("각"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for shift := range 8 {
				pad := strings.Repeat("x", shift)
				e, _ := Parse("mid").Find(pad + strings.Repeat(char, 200) + pad + "mid" + pad + strings.Repeat(char, 200))
				rest := strings.NewReplacer(char, "", "x", "", "mid", "", "…", "").Replace(e.Text)
				if rest != "" {
					t.Errorf("shift %d leaves %+q", shift, rest)
				}
			}
		})
	}
}

func TestHighlightsAreBounded(t *testing.T) {
	t.Parallel()
	e, _ := Parse("a").Find(strings.Repeat("a ", 200))
	if len(e.Highlights) != MaxHighlights {
		t.Errorf("%d highlights, want %d", len(e.Highlights), MaxHighlights)
	}
}

// FuzzFind checks the index against the text: every part of a text is found in it, is marked where
// it occurs, and has terms that the text is indexed by.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"Hello, 서울시 world", norm.NFD.String("한글 é"), "ΟΔΟΣ ß İ ı", "👩‍👩‍👧 👍🏽 \\'\"*:&|"} {
		f.Add(s, 1, 4)
	}
	f.Fuzz(func(t *testing.T, text string, from, size int) {
		folded := []rune(fold(text))
		if !utf8.ValidString(text) || from < 0 || from >= len(folded) || size < 1 || size > len(folded)-from {
			t.Skip()
		}
		q := Parse(string(folded[from : from+size]))
		if !q.in(fold(text)) {
			t.Skip() // A cut in the middle of a composition, or nothing but space.
		}
		e, ok := q.Find(text)
		if !ok || utf8.RuneCountInString(e.Text) > MaxExcerpt || !utf8.ValidString(e.Text) {
			t.Fatalf("%v %q", ok, e.Text)
		}
		units := len(utf16.Encode([]rune(e.Text)))
		for at, r := range e.Highlights {
			if r.Start >= r.End || r.End > units || at > 0 && r.Start <= e.Highlights[at-1].End {
				t.Fatalf("highlights %v of %d units", e.Highlights, units)
			}
		}
		terms := Terms(text)
		for _, want := range q.terms() {
			if !slices.ContainsFunc(terms, func(s string) bool { return s == want.text || want.open && strings.HasPrefix(s, want.text) }) {
				t.Fatalf("no term for %q in %q", want.text, terms)
			}
		}
	})
}
