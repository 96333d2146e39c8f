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

// media is what the calls that make pictures and videos have in common.
type media struct {
	provider *Provider
	model    string
	// prompt has no directives any more; d are they.
	prompt   string
	d        directives
	seed     uint64
	accepted bool
}

// newMedia reads the prompt. The seed is made of what the provider is shown: the
// model, the prompt and the shape of the work.
func newMedia(p *Provider, model, prompt, shape string) media {
	m := media{provider: p, model: model, prompt: tidy(prompt), d: parse(prompt)}
	h := fnv.New64a()
	for _, s := range []string{model, m.prompt, shape} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	m.seed = h.Sum64()
	return m
}

// tidy makes one plain line of a prompt, without directives and control characters.
func tidy(prompt string) string {
	blank := func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}
	return strings.Join(strings.Fields(strings.Map(blank, ai.CleanText(strip(prompt)))), " ")
}

// opening is the time until the provider says anything.
func (m *media) opening(rng *rand.Rand) time.Duration {
	first := m.paced(firstWait(rng))
	if m.d.firstAfter >= 0 {
		return m.d.firstAfter
	}
	return first
}

// paced is d at the pace the prompt asks for.
func (m *media) paced(d time.Duration) time.Duration {
	return time.Duration(float64(d) * m.d.pace)
}

// flaw says what is wrong with the prompt. One of directives alone is a prompt.
func (m *media) flaw() error {
	if m.prompt == "" && !m.d.any {
		return errors.New("the prompt is empty")
	}
	return nil
}

// submit sends a paid request: flaw, if any, or a directive makes the provider refuse
// it; else the journal is told, and the answer comes after wait.
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

// failed is the fault called name, met by work that was taken.
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

// usage completes what was made by what was read.
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

// picture draws and encodes what the seed stands for, in the format the prompt asks for.
func (m *media) picture(width, height int, q ai.Quality) (ai.File, error) {
	return encode(draw(m.seed, width, height, q), m.d.format)
}

// deliver returns whole, or what a directive makes of it on its way.
func (m *media) deliver(whole ai.File) ai.File {
	if m.d.truncated {
		whole.Bytes = whole.Bytes[:len(whole.Bytes)/2]
	}
	if m.d.wrongType {
		whole.Bytes = []byte(errorPage)
	}
	return whole
}

// errorPage is what a broken gateway sends in place of a file.
const errorPage = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
