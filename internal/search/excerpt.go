package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const (
	// MaxExcerpt is how many code points an excerpt has at most.
	MaxExcerpt = 160
	// MaxHighlights is how many ranges are marked in an excerpt at most.
	MaxHighlights = 20

	// lead is how many code points stand before the first match, if there are as many.
	lead = 40
	// maxFound bounds how many places of each word are used, so that a text of one repeated word costs no
	// more.
	maxFound = 500
	// ellipsis stands where an excerpt was cut.
	ellipsis = "…"
)

// Excerpt is the part of a text that shows why it was found.
type Excerpt struct {
	// Text has at most [MaxExcerpt] code points, with … where it was cut. White space is shown as spaces.
	Text string
	// Highlights are the places of the words in Text, in order and not overlapping.
	Highlights []Range
}

// Range is a part of a text in UTF-16 code units: from Start to before End.
type Range struct{ Start, End int }

// Find searches for all words in a text and returns the part that shows most of them; false when one does not
// occur. The plain search comes first, because mapping a text back to its source costs more.
func (q Query) Find(text string) (Excerpt, bool) {
	if !q.in(fold(text)) {
		return Excerpt{}, false
	}
	found := q.places(foldMapped(text))
	from, to := window(text, around(text, found))
	return excerpt(text, from, to, found), true
}

func (q Query) in(folded string) bool {
	for _, word := range q.words {
		if !strings.Contains(folded, word) {
			return false
		}
	}
	return len(q.words) > 0
}

// place is where a word stands in the source.
type place struct {
	span
	word int
}

// places returns where the words stand in the source, in order.
func (q Query) places(f folded) []place {
	var found []place
	for w, word := range q.words {
		from := 0
		for range maxFound {
			i := strings.Index(f.text[from:], word)
			if i < 0 {
				break
			}
			from += i + len(word)
			found = append(found, place{f.source(from-len(word), from), w})
		}
	}
	slices.SortFunc(found, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	return found
}

// around returns the place an excerpt starts with: the first after which most words are within an excerpt's
// reach.
func around(text string, found []place) span {
	best, most := found[0].span, 0
	for i, p := range found {
		end := p.from + prefix(text[p.from:], MaxExcerpt-lead-2)
		words := map[int]bool{}
		for _, other := range found[i:] {
			if other.to > end {
				break
			}
			words[other.word] = true
		}
		if len(words) > most {
			best, most = p.span, len(words)
		}
	}
	return best
}

// window is the part of the text to show around a match. It leaves room for the ellipses and does not split a
// grapheme cluster.
func window(text string, match span) (from, to int) {
	from = max(0, match.from-suffix(text[:match.from], lead))
	room := MaxExcerpt
	if from > 0 {
		from = frontCut(text, from, match.from)
		room--
	}
	to = from + prefix(text[from:], room)
	if to < len(text) {
		to = endCut(text, from+prefix(text[from:], room-1), from)
	}
	return from, to
}

// suffix is the length in bytes of the last n code points of s.
func suffix(s string, n int) int {
	size := 0
	for ; n > 0 && size < len(s); n-- {
		_, last := utf8.DecodeLastRuneInString(s[:len(s)-size])
		size += last
	}
	return size
}

// frontCut moves a cut forward to the start of a word before limit. In a word that reaches to limit it moves
// to the start of a grapheme cluster.
func frontCut(text string, cut, limit int) int {
	if i := strings.IndexFunc(text[cut:limit], unicode.IsSpace); i >= 0 {
		rest := strings.TrimLeftFunc(text[cut+i:limit], unicode.IsSpace)
		return limit - len(rest)
	}
	for at := cut; at < limit; at += prefix(text[at:], 1) {
		if !parts(text, at) {
			return at
		}
	}
	return limit
}

// endCut moves a cut back to the start of a grapheme cluster, if there is one after least.
func endCut(text string, cut, least int) int {
	for at := cut; at > least; at -= suffix(text[:at], 1) {
		if !parts(text, at) {
			return at
		}
	}
	return cut
}

// context is how many code points before a cut are examined for the grapheme cluster that contains it.
// Clusters of text are far shorter; the bound keeps the cost constant.
const context = 64

// parts reports whether a cut would part a grapheme cluster (UAX #29), which is one character to a reader.
func parts(text string, cut int) bool {
	if cut == 0 || cut == len(text) {
		return false
	}
	at := cut - suffix(text[:cut], context)
	for state := -1; at < cut; {
		var cluster string
		cluster, _, _, state = uniseg.FirstGraphemeClusterInString(text[at:], state)
		at += len(cluster)
	}
	return at > cut
}

// excerpt cuts the text and computes the places within it.
func excerpt(text string, from, to int, found []place) Excerpt {
	var b strings.Builder
	units := 0
	if from > 0 {
		b.WriteString(ellipsis)
		units++
	}
	marks := merge(found, from, to)
	var ranges []Range
	at := from
	for _, m := range marks {
		units += show(&b, text[at:m.from])
		start := units
		units += show(&b, text[m.from:m.to])
		ranges = append(ranges, Range{start, units})
		at = m.to
	}
	show(&b, text[at:to])
	if to < len(text) {
		b.WriteString(ellipsis)
	}
	return Excerpt{Text: b.String(), Highlights: ranges}
}

// merge clips the places to a part of the text and joins those that touch.
func merge(found []place, from, to int) []span {
	var marks []span
	for _, p := range found {
		s := span{max(p.from, from), min(p.to, to)}
		switch last := len(marks) - 1; {
		case s.from >= s.to:
		case last >= 0 && s.from <= marks[last].to:
			marks[last].to = max(marks[last].to, s.to)
		case len(marks) == MaxHighlights:
			return marks
		default:
			marks = append(marks, s)
		}
	}
	return marks
}

// show writes s with spaces for white space and returns its length in UTF-16 code units.
func show(b *strings.Builder, s string) int {
	units := 0
	for _, r := range s {
		if unicode.IsSpace(r) {
			r = ' '
		}
		b.WriteRune(r)
		units += utf16.RuneLen(r)
	}
	return units
}
