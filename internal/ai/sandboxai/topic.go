package sandboxai

import (
	"regexp"
	"strings"
	"unicode"
)

// quoting is a single quotation mark at the edge of a word; within a word it is an apostrophe.
var quoting = regexp.MustCompile(`\B['‘’]|['‘’]\B`)

// shorten returns the beginning of text as one line of at most limit code points, without Markdown and
// quotation marks, and cut between words if possible.
func shorten(text string, limit int) string {
	unquoted := quoting.ReplaceAllLiteralString(strings.Map(plain, firstLine(text)), "")
	line := []rune(strings.Join(strings.Fields(unquoted), " "))
	if len(line) <= limit {
		return string(line)
	}
	end := limit - 1
	for i := end; i > limit/2; i-- {
		if line[i] == ' ' {
			end = i
			break
		}
	}
	return strings.TrimRight(string(line[:end]), " ,;:.") + "…"
}

// firstLine is the first line of text that has a letter or a digit.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.ContainsFunc(line, isWord) {
			return line
		}
	}
	return ""
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// plain removes double quotation marks and Markdown syntax.
func plain(r rune) rune {
	switch {
	case strings.ContainsRune("\"“”„«»‹›「」『』`*_#>~|[]<", r):
		return -1
	case unicode.IsControl(r):
		return ' '
	default:
		return r
	}
}
