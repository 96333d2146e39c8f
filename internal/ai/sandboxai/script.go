package sandboxai

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

// script is the whole course of one call, decided before it begins.
type script struct {
	seed      uint64
	first     time.Duration
	pieces    []piece
	finish    ai.Finish
	fault     *fault
	failTimes int
	dropAt    int
	stallAt   int
	noUsage   bool
}

// documentPace is the duration of a document relative to prose: it is not read while it is written.
const documentPace = 0.15

// newScript decides the course of the call for req.
func newScript(req ai.TextRequest) script {
	seed := seedOf(req)
	rng := rand.New(rand.NewPCG(seed, 0))
	if req.Purpose == ai.PurposeTitle {
		return titleScript(req, seed, rng)
	}
	prompt := lastPrompt(req.Turns)
	d := parse(prompt)
	if req.Purpose == ai.PurposePlan || req.Purpose == ai.PurposePrompts {
		prompt = firstPrompt(req.Turns) // What follows it is about the answer's form.
		d = parse(prompt)
		d.pace *= documentPace
	}
	text, finish := write(req, strip(prompt), d, rng)
	s := newPlain(text, finish, req.MaxOutputTokens, seed, rng)
	return s.direct(d.at(req.Model, len(req.Turns)))
}

// newPlain is a call that writes text, at most limit tokens, without a fault.
func newPlain(text string, finish ai.Finish, limit int, seed uint64, rng *rand.Rand) script {
	text = ai.CleanText(text)
	if limit > 0 && tokensOf(len(text)) > int64(limit) {
		text, finish = cut(text, limit), ai.FinishLength
	}
	return script{
		seed:    seed,
		first:   firstWait(rng),
		pieces:  split(text, rng),
		finish:  finish,
		dropAt:  never,
		stallAt: never,
	}
}

// direct applies the directives to the call.
func (s script) direct(d directives) script {
	s.fault, s.failTimes, s.noUsage = d.fault, d.failTimes, d.noUsage
	if d.filterAfter != never {
		s.pieces, s.finish = s.pieces[:min(d.filterAfter, len(s.pieces))], ai.FinishContentFilter
	}
	s.dropAt = min(d.dropAfter, len(s.pieces))
	s.stallAt = min(d.stallAfter, len(s.pieces))
	s.first = time.Duration(float64(s.first) * d.pace)
	if d.firstAfter >= 0 {
		s.first = d.firstAfter
	}
	for i := range s.pieces {
		s.pieces[i].wait = time.Duration(float64(s.pieces[i].wait) * d.pace)
	}
	return s
}

// id is a stable name for the call.
func (s script) id(prefix string) string {
	return fmt.Sprintf("%s_sandbox_%016x", prefix, s.seed)
}

// write is the reply's whole text, as the provider would write it without a limit.
func write(req ai.TextRequest, prompt string, d directives, rng *rand.Rand) (string, ai.Finish) {
	book := phrasesFor(prompt)
	text, finish := "", ai.FinishStop
	if d.refusal {
		text, finish = book.refusal, ai.FinishRefusal
	}
	switch {
	case req.Purpose == ai.PurposePlan && !d.refusal:
		text = plan(req)
	case req.Purpose == ai.PurposePrompts && !d.refusal:
		text = suggestions(req)
	case d.echo:
		text = prompt
	case d.describeImages:
		text = describeImages(req.Turns)
	case !d.refusal:
		text = compose(book, seen(req, prompt), d.tokens, rng)
	}
	if d.nul {
		text = withNUL(text)
	}
	return text, finish
}

// describeImages lists the images of each turn, so that a test can see which ones a caller sent.
func describeImages(turns []ai.Turn) string {
	var b strings.Builder
	fmt.Fprintf(&b, "turns: %d", len(turns))
	for i, t := range turns {
		for _, f := range t.Images {
			fmt.Fprintf(&b, "\nturn %d: %s, %d bytes", i+1, f.MIMEType, len(f.Bytes))
		}
	}
	return b.String()
}

// withNUL inserts U+0000 after the first word and at the end.
func withNUL(text string) string {
	word, rest, _ := strings.Cut(text, " ")
	return word + "\x00 " + rest + "\x00"
}

// lastPrompt is the user's last turn.
func lastPrompt(turns []ai.Turn) string {
	for i := len(turns) - 1; i >= 0; i-- {
		if turns[i].Role == ai.RoleUser {
			return turns[i].Text
		}
	}
	return ""
}

// seedOf maps the conversation, without directives, to a number.
func seedOf(req ai.TextRequest) uint64 {
	h := fnv.New64a()
	add := func(s string) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	add(req.Model)
	add(req.Instruction)
	for _, t := range req.Turns {
		add(string(t.Role))
		add(strip(t.Text))
	}
	return h.Sum64()
}

// tokensOf is ai.EstimateTokens of a text of n bytes.
func tokensOf(n int) int64 {
	return int64(n+ai.BytesPerToken-1) / ai.BytesPerToken
}

// cut shortens text to limit tokens at a code point.
func cut(text string, limit int) string {
	n := limit * ai.BytesPerToken
	if n >= len(text) {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
