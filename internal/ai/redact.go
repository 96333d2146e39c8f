package ai

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	// MaxCode is how much of a provider's code, type or name an error keeps, in bytes.
	MaxCode = 64
	// maxMessage is the same for its words.
	maxMessage = 240
	// minPrivate is from which length on, in bytes, a text is looked for: a shorter one is likely to be a word
	// of the message.
	minPrivate = 4
	// echo is how many bytes in a row of what a person wrote are taken for a quotation of it.
	echo = 12
)

// quotation is what providers put around values of the request, also where the end is missing. An apostrophe within
// a word opens none.
var quotation = regexp.MustCompile(`\B'[^']*('|$)|"[^"]*("|$)`)

// Redact returns what a log may hold of a provider's message: no key, and nothing of what the person wrote, whole or
// in part, which providers repeat when they refuse it.
func Redact(message, key string, private []string) string {
	message = Clip(message, 4*maxMessage) // More is not looked at.
	if len(key) >= minPrivate {
		message = strings.ReplaceAll(message, key, "…")
	}
	for _, s := range private {
		if s = Clip(s, len(s)); len(s) >= minPrivate {
			message = withoutEcho(strings.ReplaceAll(message, s, "…"), s)
		}
	}
	return Clip(quotation.ReplaceAllString(message, "“…”"), maxMessage)
}

// RedactError returns what a log may hold of an error of the transport, which quotes what it did not understand and
// which net/http puts the address before.
func RedactError(err error, key string, private []string) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	return Redact(err.Error(), key, private)
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

// Clip returns at most limit bytes of s, whole characters on one line.
func Clip(s string, limit int) string {
	s = strings.Join(strings.Fields(CleanText(s)), " ")
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
