package geminiai

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

const (
	// maxMessage is how much of the provider's message an error keeps, in bytes.
	maxMessage = 240
	// maxCode is the same for its code.
	maxCode = 64
	// minPrivate is from which length on, in bytes, a text is looked for: a shorter one is
	// likely to be a word of the message.
	minPrivate = 4
)

// quotation is what Google puts around values of the request, also where the end is missing.
var quotation = regexp.MustCompile(`"[^"]*("|$)`)

// redact returns what the log may hold of the provider's message: not the key, and nothing of what
// the person wrote, which Google quotes when it refuses it.
func (c *call) redact(message string) string {
	message = strings.ReplaceAll(message, c.p.key, "…")
	for _, s := range c.private {
		if len(s) >= minPrivate {
			message = strings.ReplaceAll(message, s, "…")
		}
	}
	return clip(quotation.ReplaceAllString(message, `"…"`), maxMessage)
}

// words are what the log may hold of an error of the transport. It quotes what it did not
// understand, and net/http puts the address before it.
func (c *call) words(err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	return c.redact(err.Error())
}

// clip returns at most limit bytes of s, whole characters on one line.
func clip(s string, limit int) string {
	s = strings.Join(strings.Fields(ai.CleanText(s)), " ")
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
