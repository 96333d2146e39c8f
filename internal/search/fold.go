package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/weav-ai/weav/internal/text"
)

// walk folds s and calls emit with each code point and its place in s. Code points from one place share it.
//
// Folded texts are equal when readers consider them equal: compatibility forms are replaced (NFKC: full
// width, ligatures, circled letters), upper case becomes lower case, and invisible characters, accents,
// Arabic and Hebrew points and the Arabic tatweel are removed. The marks of other scripts stay, because there
// they make another letter: が is not か.
func walk(s string, emit func(r rune, at int)) {
	if norm.NFKC.IsNormalString(s) {
		for at, r := range s {
			foldRune(r, at, emit)
		}
		return
	}
	var it norm.Iter
	for it.InitString(norm.NFKC, s); !it.Done(); {
		at := it.Pos()
		segment := it.Next()
		if source, _ := utf8.DecodeRuneInString(s[at:]); segment[0] == ' ' && !unicode.IsSpace(source) {
			foldRune(source, at, emit) // NFKC turns a standalone accent such as ´ into a space with an accent.
			continue
		}
		for _, r := range string(segment) {
			foldRune(r, at, emit)
		}
	}
}

// foldRune folds one code point of a text in NFKC.
func foldRune(r rune, at int, emit func(r rune, at int)) {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		emit(r, at)
	case r == 'ß' || r == 'ẞ':
		emit('s', at)
		emit('s', at)
	case unicode.Is(unicode.Hangul, r) && !text.Ignorable(r):
		emit(r, at) // It decomposes into letters, not marks.
	case text.Ignorable(r) || r == tatweel:
	default:
		unmark(r, at, emit)
	}
}

// tatweel lengthens an Arabic word and has no meaning.
const tatweel = '\u0640'

// unmark emits a code point without its marks and in lower case. It converts to upper case first, where
// letters with several lower cases are equal, as σ and ς are.
func unmark(r rune, at int, emit func(r rune, at int)) {
	kept := make([]rune, 0, 4)
	for _, part := range norm.NFD.String(string(r)) {
		if !isAccent(part) {
			kept = append(kept, part)
		}
	}
	for _, part := range norm.NFC.String(string(kept)) {
		emit(unicode.ToLower(unicode.ToUpper(part)), at)
	}
}

// isAccent reports whether a mark is removed. U+3099 and U+309A make other letters of kana and stay.
func isAccent(r rune) bool {
	return unicode.Is(unicode.Mn, r) && r != '\u3099' && r != '\u309a' &&
		unicode.In(r, unicode.Inherited, unicode.Arabic, unicode.Hebrew)
}
