package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An index is queried with some terms only: a few select enough candidates, and Find examines the text for
// all words.
const (
	maxIndexWords = 10
	maxIndexTerms = 32
)

// Query is a parsed search: words that must all occur. The zero value matches nothing.
type Query struct{ words []string }

// Parse reads a query. White space separates its words. Punctuation around a word is removed, unless nothing
// else remains. Punctuation that distinguishes words stays, as in c#, c++, .net, 20% and @name.
func Parse(s string) Query {
	var q Query
	for word := range strings.FieldsSeq(fold(s)) {
		if bare := bare(word); bare != "" {
			word = bare
		}
		if !slices.Contains(q.words, word) {
			q.words = append(q.words, word)
		}
	}
	return q
}

// IsEmpty reports whether the query has no words: it was blank, or folds to nothing, as a standalone accent
// does. An index cannot be queried for it.
func (q Query) IsEmpty() bool { return len(q.words) == 0 }

// bare is a word without the punctuation around it.
func bare(word string) string {
	word = strings.TrimRightFunc(word, isAround)
	rest := strings.TrimLeftFunc(word, isAround)
	if before := len(word) - len(rest); before > 0 && word[before-1] == '.' && (before == 1 || word[before-2] != '.') {
		rest = word[before-1:] // One dot before a word is part of a name (.net); more are an ellipsis.
	}
	return strings.TrimRight(rest, ".")
}

// isAround reports whether a character stands around words and not in them.
func isAround(r rune) bool {
	return unicode.IsPunct(r) && !strings.ContainsRune("#%&@_§‰‱", r)
}

// term is a term of an index to search for; with open set, a prefix of one.
type term struct {
	text string
	open bool
}

// terms returns terms of [Terms] that occur in every text that contains all words. It may return fewer than
// there are: the index selects candidates only.
func (q Query) terms() []term {
	var terms []term
	for _, word := range q.words[:min(len(q.words), maxIndexWords)] {
		if utf8.RuneCountInString(word) < gram {
			terms = append(terms, term{word, true})
			continue
		}
		for i := range word {
			end := i + prefix(word[i:], gram)
			if t := (term{text: word[i:end]}); !slices.Contains(terms, t) {
				terms = append(terms, t)
			}
			if end == len(word) {
				break
			}
		}
	}
	return terms[:min(len(terms), maxIndexTerms)]
}

var (
	quoteLexeme = strings.NewReplacer(`'`, `''`, `\`, `\\`)
	quoteString = strings.NewReplacer(`"`, `""`)
)

// TSQuery is the query in the language of Postgres' tsquery, for a tsvector of [Terms].
func (q Query) TSQuery() string {
	terms := q.terms()
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = "'" + quoteLexeme.Replace(t.text) + "'"
		if t.open {
			parts[i] += ":*"
		}
	}
	return strings.Join(parts, " & ")
}

// FTS5 is the query in the language of SQLite's FTS5, for [Terms] in a column of that name.
func (q Query) FTS5(column string) string {
	terms := q.terms()
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = column + ` : "` + quoteString.Replace(t.text) + `"`
		if t.open {
			parts[i] += " *"
		}
	}
	return strings.Join(parts, " AND ")
}
