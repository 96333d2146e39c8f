package sandboxai

import (
	"math/rand/v2"
	"time"
	"unicode"

	"github.com/weav-ai/weav/internal/ai"
)

// piece is one delta and the wait before it.
type piece struct {
	text string
	wait time.Duration
}

// firstWait is the time to the first token: 80 to 150 ms.
func firstWait(rng *rand.Rand) time.Duration {
	return between(rng, 80*time.Millisecond, 150*time.Millisecond)
}

// tokenWait is the time of one token: 25 to 50 ms, which is 40 to 20 a second, as fast models write.
func tokenWait(rng *rand.Rand) time.Duration {
	return between(rng, 25*time.Millisecond, 50*time.Millisecond)
}

// between is a random duration of at least low and less than high.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Int64N(int64(high-low)))
}

// split cuts text into deltas of a word or a part of one, each with its wait. The first has none, because it
// comes with the first token.
func split(text string, rng *rand.Rand) []piece {
	var pieces []piece
	for text != "" {
		n := pieceLen(text, 4+rng.IntN(6))
		wait := tokenWait(rng) * time.Duration(n) / ai.BytesPerToken
		if len(pieces) == 0 {
			wait = 0
		}
		pieces = append(pieces, piece{text: text[:n], wait: wait})
		text = text[n:]
	}
	return pieces
}

// pieceLen is the length of text's first word with the space before it, or of the code points that begin
// within limit bytes.
func pieceLen(text string, limit int) int {
	word := false
	for i, r := range text {
		space := unicode.IsSpace(r)
		if i >= limit || word && space {
			return i
		}
		word = word || !space
	}
	return len(text)
}
