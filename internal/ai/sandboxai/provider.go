package sandboxai

import (
	"context"
	"iter"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// Name is the provider's name in the catalogue and in its errors.
const Name = "sandbox"

// Provider implements the ports of text, pictures and videos. It has no state and is safe for concurrent use.
type Provider struct {
	wait    ai.WaitFunc
	cadence float64
	journal func(JournalEntry)
}

var (
	_ ai.TextStreamer = (*Provider)(nil)
	_ ai.ImageMaker   = (*Provider)(nil)
	_ ai.VideoMaker   = (*Provider)(nil)
)

// Option changes a Provider.
type Option func(*Provider)

// Cadence multiplies every wait: 1 is the default, 0 removes all waits.
func Cadence(factor float64) Option {
	return func(p *Provider) { p.cadence = max(factor, 0) }
}

// Wait replaces the clock, for tests that record or skip the waits. It is called only for waits longer than
// zero.
func Wait(wait ai.WaitFunc) Option {
	return func(p *Provider) { p.wait = wait }
}

// New returns a Provider with realistic waits.
func New(opts ...Option) *Provider {
	p := &Provider{wait: ai.Wait, cadence: 1, journal: func(JournalEntry) {}}
	for _, opt := range opts {
		opt(p)
	}
	return p
}

// StreamText implements ai.TextStreamer.
func (p *Provider) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		c := &call{provider: p, req: req, script: newScript(req)}
		c.run(ctx, yield)
	}
}

// pass waits for d in the provider's cadence. It fails when ctx has ended.
func (p *Provider) pass(ctx context.Context, d time.Duration) error {
	d = time.Duration(float64(d) * p.cadence)
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	return p.wait(ctx, d)
}
