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

// titleScript is the call that names a conversation, which the last turn contains as "Person: …", an empty
// line, and "Model: …".
func titleScript(req ai.TextRequest, seed uint64, rng *rand.Rand) script {
	question, _, _ := strings.Cut(strings.TrimPrefix(lastPrompt(req.Turns), "Person: "), "\n\nModel: ")
	s := newPlain(titleOf(strip(question)), ai.FinishStop, req.MaxOutputTokens, seed, rng)
	if parse(question).titleFails {
		f := faults["upstream"]
		s.fault = &f
	}
	return s
}

// titleOf names a conversation by its first words.
func titleOf(question string) string {
	if line := strings.Trim(shorten(question, maxTitle), " .,;:!?。？！"); line != "" {
		return capital(line)
	}
	return phrasesFor(question).untitled
}

// capital returns s with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
