package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestWhatShowsNothingIsBlank(t *testing.T) {
	t.Parallel()
	blank := map[string]string{
		"empty": "", "spaces": " \u00a0\u3000\t\n", "zero width space": "\u200b", "joiners": "\u200c\u200d", "byte order mark": "\ufeff",
		"Hangul fillers": "\u115f\u1160\u3164\uffa0", "soft hyphen": "\u00ad", "combining grapheme joiner": "\u034f",
		"bidi controls": "\u202a\u202e\u2066\u2069\u061c", "variation selectors": "\ufe0f\U000e0100", "tags": "\U000e0041",
		"Khmer inherent vowels": "\u17b4\u17b5", "Mongolian vowel separator": "\u180e", "invisible operators": "\u2061\u2064",
		"Braille blank": "\u2800", "controls": "\u0001\u007f", "shorthand format controls": "\U0001bca0", "reserved ignorables": "\u2065\U000e0fff",
		"musical format controls": "\U0001d173", "mixed": " \u200b\u3164 ",
	}
	for name, s := range blank {
		if !Blank(s) {
			t.Errorf("%s: %+q is not blank", name, s)
		}
		if err := Check("title", s, 1, 100); err == nil {
			t.Errorf("%s: %+q was taken for a title", name, s)
		}
	}
	for name, s := range map[string]string{
		"a letter": "a", "Hangul": "가", "a jamo": "\u1100", "emoji": "\u200d👩", "an accent": "\u0301", "Arabic number sign": "\u0600",
		"object replacement": "\ufffc", "Egyptian joiner": "\U00013430",
	} {
		if Blank(s) {
			t.Errorf("%s: %+q is blank", name, s)
		}
	}
}

func TestLengthIsThatOfTheComposedForm(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "abc", "한글", "café", "가각간", "이름 é.png", "👩🏽‍💻", "a\u0301\u0302b", "ﬁ"} {
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if got, want := Count(form.String(s)), utf8.RuneCountInString(norm.NFC.String(s)); got != want {
				t.Errorf("Count(%+q) = %d, want %d", form.String(s), got, want)
			}
		}
	}
	if err := Check("name", norm.NFD.String(strings.Repeat("각", 100)), 1, 100); err != nil {
		t.Errorf("a hundred decomposed syllables: %v", err)
	}
}

func TestCutsFallBetweenCharacters(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, s string
		n       int
		want    string
	}{
		{"short", "abc", 3, "abc"},
		{"letters", "abcd", 3, "abc"},
		{"accent", "abe\u0301\u0302d", 3, "ab"},
		{"decomposed syllable", norm.NFD.String("한글날"), 2, norm.NFD.String("한글")},
		{"joined emoji", "a👩‍💻b", 3, "a"},
		{"skin", "a👍🏽b", 2, "a"},
		{"flags", "🇰🇷🇯🇵", 3, "🇰🇷"},
		{"Devanagari", "नमस्ते", 3, "नम"},
		{"line break", "a\r\nb", 2, "a"},
		{"one cluster that is longer", "e\u0302\u0303\u0304", 1, ""},
		{"nothing", "abc", 0, ""},
	}
	for _, c := range cases {
		if got := Truncate(c.s, c.n); got != c.want {
			t.Errorf("%s: Truncate(%+q, %d) = %+q, want %+q", c.name, c.s, c.n, got, c.want)
		}
	}
	if got := TruncateBytes("가👩‍💻나", 12); got != "가" {
		t.Errorf("TruncateBytes cut to %+q", got)
	}
	if got := TruncateBytes("가나", 6); got != "가나" {
		t.Errorf("TruncateBytes cut to %+q", got)
	}
}

func TestNamesKeepJoinersAndLoseBidiControls(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]rune{
		"override": '\u202e', "isolate": '\u2067', "mark": '\u200f', "Arabic mark": '\u061c', "byte order mark": '\ufeff', "control": '\u0007',
		"zero width space": '\u200b', "soft hyphen": '\u00ad', "Hangul filler": '\u3164', "line separator": '\u2028', "deprecated tag": '\U000e0001',
	} {
		if !Misleads(r) {
			t.Errorf("%s stays in names", name)
		}
	}
	for name, r := range map[string]rune{
		"joiner": '\u200d', "non-joiner": '\u200c', "emoji variation": '\ufe0f', "flag tag": '\U000e0067', "end of tag": '\U000e007f', "letter": '가', "accent": '\u0301',
	} {
		if Misleads(r) {
			t.Errorf("%s is lost from names", name)
		}
	}
}
