// Package search finds words in text of any script. It knows no database: it makes the terms that a text is
// indexed by, the expressions that query an index, and the excerpt that shows a match.
//
// A word is found within longer words. Korean needs that, because particles are attached to the end of a
// word. So a text is indexed by its grams: the three code points at every place of every word, fewer at the
// end of a word. A query of one or two code points searches for grams that begin with them. Grams have three
// code points and not two, because nearly every pair of Latin letters occurs in a longer text. An index
// returns candidates only, since its grams may occur apart from each other: [Query.Find] examines the text
// itself.
package search

import (
	"strings"
	"unicode/utf8"
)

// Version numbers the result of [Terms]. A change of Terms raises it, so that texts indexed before are
// indexed again.
const Version = 2

const (
	// gram is how many code points a term has at most.
	gram = 3
	// maxTerms bounds the terms of one text. It keeps a text within the limit of a tsvector in Postgres, 1
	// MiB; of a longer text only the beginning is found.
	maxTerms = 50_000
)

// Terms returns what a text is indexed by, each term once. No term holds white space.
func Terms(text string) []string {
	var terms []string
	seen := map[string]bool{}
	for word := range strings.FieldsSeq(fold(text)) {
		for i := range word {
			term := word[i : i+prefix(word[i:], gram)]
			if seen[term] {
				continue
			}
			if len(terms) == maxTerms {
				return terms
			}
			seen[term] = true
			terms = append(terms, term)
		}
	}
	return terms
}

// prefix is the length in bytes of the first n code points of s.
func prefix(s string, n int) int {
	end := 0
	for ; n > 0 && end < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return end
}

// fold returns the form of a text that is compared, see [walk].
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	walk(s, func(r rune, _ int) { b.WriteRune(r) })
	return b.String()
}

// folded is a folded text with the origin of its bytes: at[i] is the place in the source of byte i, and
// at[len(text)] is the end of the source.
type folded struct {
	text string
	at   []int
}

func foldMapped(s string) folded {
	var b strings.Builder
	b.Grow(len(s))
	at := make([]int, 0, len(s)+1)
	walk(s, func(r rune, from int) {
		b.WriteRune(r)
		for len(at) < b.Len() {
			at = append(at, from)
		}
	})
	return folded{text: b.String(), at: append(at, len(s))}
}

// source returns the part of the source that produced a range of bytes of the folded text. Code points that
// were folded together are returned together.
func (f folded) source(from, to int) span {
	last := f.at[to-1]
	for f.at[to] == last {
		to++
	}
	return span{f.at[from], f.at[to]}
}

// span is a part of a text, in bytes.
type span struct{ from, to int }
