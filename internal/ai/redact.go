package ai

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	// MaxCode is the longest code, type or name of a provider in an error, in bytes.
	MaxCode = 64
	// maxMessage is the same for its message.
	maxMessage = 240
	// minPrivate is the shortest private text, in bytes, that is removed: a shorter one is likely to be an
	// ordinary word of the message.
	minPrivate = 4
	// minEcho is how many consecutive bytes of a user's text count as a quotation of it.
	minEcho = 12
)

// quotedValue matches quoted values of the request, also without a closing quote. An apostrophe within a word
// does not begin one.
var quotedValue = regexp.MustCompile(`\B'[^']*('|$)|"[^"]*("|$)`)

// Redact returns a provider's message in a form that may be logged: without the key, and without the user's
// text in whole or in part, which providers repeat when they refuse it.
func Redact(message, key string, private []string) string {
	message = Clip(message, 4*maxMessage) // The rest is not logged in any case.
	if len(key) >= minPrivate {
		message = strings.ReplaceAll(message, key, "…")
	}
	for _, s := range private {
		if s = Clip(s, len(s)); len(s) >= minPrivate {
			message = cutEchoes(strings.ReplaceAll(message, s, "…"), s)
		}
	}
	return Clip(quotedValue.ReplaceAllString(message, "“…”"), maxMessage)
}

// RedactError returns a transport error in a form that may be logged. Such errors quote what could not be
// parsed, and net/http adds the address.
func RedactError(err error, key string, private []string) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	return Redact(err.Error(), key, private)
}

// cutEchoes removes from a message what it repeats of s: each longest match of at least minEcho bytes.
func cutEchoes(message, s string) string {
	var kept strings.Builder
	for message != "" {
		run := 0
		for n := minEcho; n <= len(message) && strings.Contains(s, message[:n]); n++ {
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

// Clip returns at most limit bytes of s, whole code points on one line.
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
