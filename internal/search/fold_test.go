package search

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestFoldTakesForEqualWhatReadersDo(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"case":                   {"HeLLo Ωσς", "hello ωσσ"},
		"sharp s":                {"Straße, STRAẞE", "strasse, strasse"},
		"full width":             {"ＡＢＣ１２３", "abc123"},
		"half width kana":        {"ｶﾞｷﾞ", "ガギ"},
		"ligature":               {"ﬁle", "file"},
		"circled and squared":    {"①㈜㎏", "1(주)kg"},
		"accents":                {"Ünïcödé café", "unicode cafe"},
		"decomposed accents":     {norm.NFD.String("café"), "cafe"},
		"Vietnamese":             {"Tiếng Việt", "tieng viet"},
		"dotted i":               {"İstanbul ırmak", "istanbul irmak"},
		"Cyrillic":               {"Ёлка", "елка"},
		"Arabic points":          {"مُحَمَّدٌ", "محمد"},
		"tatweel":                {"محمـــد", "محمد"},
		"Hebrew points":          {"שָׁלוֹם", "שלום"},
		"kana keep their marks":  {"がか", "がか"},
		"Thai keeps its vowels":  {"กินน้ำ", norm.NFKC.String("กินน้ำ")},
		"Devanagari":             {"नमस्ते", "नमस्ते"},
		"Hangul":                 {norm.NFD.String("한글"), "한글"},
		"compatibility jamo":     {"ㄱ", "ᄀ"},
		"zero width":             {"co\u00adop\u200b\ufeff", "coop"},
		"Hangul filler":          {"가\u3164나", "가나"},
		"variation and joiner":   {"❤\ufe0f 👩\u200d💻", "❤ 👩💻"},
		"an accent by itself":    {"it´s ¨", "it´s ¨"},
		"no-break space":         {"a\u00a0b", "a b"},
		"punctuation and symbol": {"C# c++ .NET 20%", "c# c++ .net 20%"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fold(c.text); got != c.want {
				t.Errorf("fold(%q) = %q (%+q), want %q", c.text, got, got, c.want)
			}
			if again := fold(fold(c.text)); again != fold(c.text) {
				t.Errorf("folded again: %q", again)
			}
			if _, ok := Parse(c.want).Find("x " + c.text + " y"); !ok {
				t.Errorf("%q is not found in %q", c.want, c.text)
			}
		})
	}
}

func TestPunctuationThatDistinguishesWordsIsRetained(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"c#": "c#", "C++,": "c++", "(c#)": "c#", ".NET": ".net", "(.net).": ".net", "20%.": "20%", "@name:": "@name", "#tag!": "#tag", "R&D": "r&d", "AT&T?": "at&t",
		"...and": "and", "e.g.": "e.g", "“quoted”": "quoted", "what?!": "what", "$5,": "$5", "«мир»": "мир", "안녕。": "안녕", "a—": "a", "`code`": "`code`", "**bold**": "bold",
	} {
		q := Parse(query)
		if len(q.words) != 1 || q.words[0] != want {
			t.Errorf("Parse(%q) = %q, want %q", query, q.words, want)
		}
	}
	for query, text := range map[string]string{"c#": "c and d", "c++": "c", ".net": "the net", "20%": "20"} {
		if _, ok := Parse(query).Find(text); ok {
			t.Errorf("%q is found in %q", query, text)
		}
	}
}

func TestExcerptsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	family := "👩‍👩‍👧‍👦"
	for cut := range len(family) + 1 {
		if got, want := parts("x"+family+"y", cut+1), cut > 0 && cut < len(family); cut == 0 || cut == len(family) || isStart(family, cut) {
			if got != want {
				t.Errorf("parts at byte %d of the family: %v, want %v", cut, got, want)
			}
		}
	}
}

// isStart reports whether a code point begins at a byte.
func isStart(s string, at int) bool { return s[at]&0xc0 != 0x80 }
