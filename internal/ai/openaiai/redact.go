package openaiai

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

const (
	// maxMessage and maxCode are how much of the provider's words an error keeps, in bytes.
	maxMessage = 240
	maxCode    = 64
	// minPrivate is from which length on, in bytes, a text is looked for: a shorter one is likely to be a word
	// of the message.
	minPrivate = 4
	// echo is how many bytes in a row of what a person wrote are taken for a quotation of it.
	echo = 12
)

// quotation is what the API puts around values of the request, also where the end is missing. An apostrophe within a
// word opens none.
var quotation = regexp.MustCompile(`\B'[^']*('|$)|"[^"]*("|$)`)

// keyLike is a key as the API quotes it back, with its middle masked.
var keyLike = regexp.MustCompile(`\bsk-[\w*-]+`)

// redact returns what the log may hold of a provider's message: no key, and nothing of what the person wrote.
func (c *call) redact(message string) string {
	message = clip(message, 4*maxMessage) // More is not looked at.
	if len(c.p.key) >= minPrivate {
		message = strings.ReplaceAll(message, c.p.key, "…")
	}
	for _, s := range c.private {
		if s = clip(s, len(s)); len(s) >= minPrivate {
			message = withoutEcho(strings.ReplaceAll(message, s, "…"), s)
		}
	}
	message = keyLike.ReplaceAllString(message, "…")
	return clip(quotation.ReplaceAllString(message, "“…”"), maxMessage)
}

// withoutEcho cuts out what a message repeats of s: each longest run of it from echo bytes on.
func withoutEcho(message, s string) string {
	var kept strings.Builder
	for message != "" {
		run := 0
		for n := echo; n <= len(message) && strings.Contains(s, message[:n]); n++ {
			run = n
		}
		if run > 0 {
			kept.WriteString("…")
			message = message[run:]
			continue
		}
		_, size := utf8.DecodeRuneInString(message)
		kept.WriteString(message[:size])
		message = message[size:]
	}
	return kept.String()
}

// words are what the log may hold of an error of the transport, which names the address before it.
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
