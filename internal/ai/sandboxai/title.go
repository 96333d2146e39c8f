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

// titleScript is the call that names a conversation.
func titleScript(req ai.TextRequest, seed uint64, rng *rand.Rand) script {
	s := newPlain(titleOf(req.Turns), ai.FinishStop, req.MaxOutputTokens, seed, rng)
	for _, t := range req.Turns {
		if t.Role == ai.RoleUser && parse(t.Text).titleFails {
			f := faults["upstream"]
			s.fault = &f
		}
	}
	return s
}

// titleOf names a conversation by the first thing the person said in words.
func titleOf(turns []ai.Turn) string {
	spoken := ""
	for _, t := range turns {
		if t.Role != ai.RoleUser {
			continue
		}
		spoken = strip(t.Text)
		if line := strings.Trim(shorten(spoken, maxTitle), " .,;:!?。？！"); line != "" {
			return capital(line)
		}
	}
	return bookFor(spoken).untitled
}

// capital returns s with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
