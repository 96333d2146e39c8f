package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// Blank reports whether s shows nothing: it has only white space, control characters and invisible
// characters, such as the Hangul fillers.
func Blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && !Ignorable(r) && r != brailleBlank {
			return false
		}
	}
	return true
}

// brailleBlank is a symbol by its category, and invisible.
const brailleBlank = '\u2800'

// Ignorable reports whether a code point is invisible by itself: the property Default_Ignorable_Code_Point of
// Unicode (UAX #44), of which Go's tables have only parts.
func Ignorable(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r >= 0xfff9 && r <= 0xfffb, r >= 0x13430 && r <= 0x1343f, unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false // Format characters that show.
	default:
		return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	}
}

// Misleads reports whether a code point is not allowed in a name, because it makes the name look like another
// one or empty: control characters, changes of the text direction and invisible characters. Joiners,
// variation selectors and tags are allowed, because emoji and some scripts need them.
func Misleads(r rune) bool {
	switch {
	case r == '\u200c', r == '\u200d', unicode.Is(unicode.Variation_Selector, r), r >= 0xe0020 && r <= 0xe007f:
		return false
	default:
		return unicode.IsControl(r) || Ignorable(r) || r == '\u2028' || r == '\u2029'
	}
}

// Count is the length of s in code points of its composed form (NFC). So a text counts the same on every
// system: macOS writes é as two code points.
func Count(s string) int {
	if norm.NFC.IsNormalString(s) {
		return utf8.RuneCountInString(s)
	}
	n := 0
	var it norm.Iter
	for it.InitString(norm.NFC, s); !it.Done(); {
		n += utf8.RuneCount(it.Next())
	}
	return n
}

// Truncate returns the beginning of s with at most n code points, as [Count] counts them. It ends between two
// grapheme clusters (UAX #29), so that no accent and no emoji is split. A first cluster that is longer is
// left out.
func Truncate(s string, n int) string {
	rest, state, end := s, -1, 0
	for rest != "" {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n -= Count(cluster); n < 0 {
			return s[:end]
		}
		end += len(cluster)
	}
	return s
}

// TruncateBytes returns the beginning of s with at most n bytes. It ends as [Truncate] does.
func TruncateBytes(s string, n int) string {
	rest, state, end := s, -1, 0
	for rest != "" && len(s) > n {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(cluster) > n {
			return s[:end]
		}
		end += len(cluster)
	}
	return s
}
