package sandboxai

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	"github.com/weav-ai/weav/internal/ai"
)

// media is the common part of calls that make pictures and videos.
type media struct {
	provider *Provider
	model    string
	// prompt is the prompt without directives; d are the directives.
	prompt   string
	d        directives
	seed     uint64
	accepted bool
}

// newMedia reads the prompt. The seed is made of what the provider would see: the model, the prompt and the
// shape of the work.
func newMedia(p *Provider, model, prompt, shape string) media {
	m := media{provider: p, model: model, prompt: tidy(prompt), d: parse(prompt)}
	h := fnv.New64a()
	for _, s := range []string{model, m.prompt, shape} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	m.seed = h.Sum64()
	return m
}

// tidy returns a prompt as one line, without directives and control characters.
func tidy(prompt string) string {
	blank := func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}
	return strings.Join(strings.Fields(strings.Map(blank, ai.CleanText(strip(prompt)))), " ")
}

// opening is the time until the provider's first answer.
func (m *media) opening(rng *rand.Rand) time.Duration {
	first := m.paced(firstWait(rng))
	if m.d.firstAfter >= 0 {
		return m.d.firstAfter
	}
	return first
}

// paced is d at the pace that the prompt's directives set.
func (m *media) paced(d time.Duration) time.Duration {
	return time.Duration(float64(d) * m.d.pace)
}

// flaw returns what is wrong with the prompt. A prompt of directives alone is valid.
func (m *media) flaw() error {
	if m.prompt == "" && !m.d.any {
		return errors.New("the prompt is empty")
	}
	return nil
}

// submit sends a paid request. flaw, or a directive, makes the provider refuse it; otherwise it is recorded
// in the journal, and the answer comes after wait.
func (m *media) submit(ctx context.Context, flaw error, entry JournalEntry, wait time.Duration) error {
	if ctx.Err() != nil {
		return m.stopped(ctx)
	}
	if flaw != nil {
		return faults["bad_request"].refusal(m.model, m.id("req"), flaw)
	}
	refusal := due(m.d.fault, m.d.failTimes, ai.Attempt(ctx))
	if refusal == nil || refusal.accepted {
		m.provider.journal(entry)
	}
	m.accepted = true
	if err := m.provider.pass(ctx, wait); err != nil {
		return m.stopped(ctx)
	}
	if refusal != nil {
		return refusal.refusal(m.model, m.id("req"), errAsked)
	}
	return nil
}

// failed is the named fault of work that was taken.
func (m *media) failed(name string, cause error) *ai.Error {
	e := faults[name].refusal(m.model, m.id("req"), cause)
	e.Accepted = true
	return e
}

// stopped is the error of a call that ended with its context.
func (m *media) stopped(ctx context.Context) *ai.Error {
	return m.failure(ai.StopKind(ctx), context.Cause(ctx))
}

func (m *media) failure(kind ai.Kind, cause error) *ai.Error {
	return &ai.Error{Kind: kind, Provider: Name, Model: m.model, Accepted: m.accepted, Cause: cause}
}

// revised is the prompt as the provider understood it.
func (m *media) revised() string { return capital(m.prompt) }

// usage adds the input tokens to what was made.
func (m *media) usage(made ai.Usage) ai.Usage {
	if m.d.noUsage {
		return ai.Usage{}
	}
	made.Known, made.Input = true, ai.EstimateTokens(m.prompt)
	return made
}

// id is a stable name for the call.
func (m *media) id(prefix string) string {
	return fmt.Sprintf("%s_sandbox_%016x", prefix, m.seed)
}

// picture draws and encodes the picture of the seed, in the requested format.
func (m *media) picture(width, height int, q ai.Quality) (ai.File, error) {
	return encode(draw(m.seed, width, height, q), m.d.format)
}

// deliver returns the file, or what a directive turns it into.
func (m *media) deliver(whole ai.File) ai.File {
	if m.d.truncated {
		whole.Bytes = whole.Bytes[:len(whole.Bytes)/2]
	}
	if m.d.wrongType {
		whole.Bytes = []byte(errorPage)
	}
	return whole
}

// errorPage is what a broken gateway sends instead of a file.
const errorPage = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
