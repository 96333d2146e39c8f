package sandboxai

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

// maxTitle is the greatest length of a title in code points.
const maxTitle = 60

// titleScript is the call that names a conversation, which the last turn shows as "Person: …", an empty line, and "Model: …".
func titleScript(req ai.TextRequest, seed uint64, rng *rand.Rand) script {
	said, _, _ := strings.Cut(strings.TrimPrefix(lastPrompt(req.Turns), "Person: "), "\n\nModel: ")
	s := newPlain(titleOf(strip(said)), ai.FinishStop, req.MaxOutputTokens, seed, rng)
	if parse(said).titleFails {
		f := faults["upstream"]
		s.fault = &f
	}
	return s
}

// titleOf names a conversation by the first thing the person said in words.
func titleOf(said string) string {
	if line := strings.Trim(shorten(said, maxTitle), " .,;:!?。？！"); line != "" {
		return capital(line)
	}
	return bookFor(said).untitled
}

// capital returns s with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
