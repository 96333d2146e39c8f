// Package search finds words in text, in any script. It knows no database: it makes the terms a
// text is indexed by, the expressions an index is asked with, and the excerpt that shows a hit.
//
// A word is found inside longer words, which Korean needs: particles stand at the end of what they
// belong to. So a text is indexed by its grams, the three code points at every place of every word
// (fewer at the word's end), and a query of one or two code points asks for grams that begin with
// them. Three and not two, since nearly every pair of Latin letters stands in a text of some length.
// An index answers candidates only, as grams may stand apart: [Query.Find] looks at the text itself.
package search

import (
	"strings"
	"unicode/utf8"
)

// Version numbers what [Terms] makes of a text. Whoever changes that raises it, so that what was
// indexed before is indexed again.
const Version = 2

const (
	// gram is how many code points a term has at most.
	gram = 3
	// maxTerms bounds what one text is indexed by. It keeps a text within what Postgres stores in
	// one tsvector, 1 MiB; of a longer text the beginning is found.
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

// fold brings a text into the form it is compared in, see [walk].
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	walk(s, func(r rune, _ int) { b.WriteRune(r) })
	return b.String()
}

// folded is a folded text that knows where its bytes come from: at[i] is the place in the
// source of byte i, and at[len(text)] the source's end.
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

// source is the part of the source that bytes from and to of the folded text enclose. It takes
// in whole what was composed together.
func (f folded) source(from, to int) span {
	last := f.at[to-1]
	for f.at[to] == last {
		to++
	}
	return span{f.at[from], f.at[to]}
}

// span is a part of a text, in bytes.
type span struct{ from, to int }
