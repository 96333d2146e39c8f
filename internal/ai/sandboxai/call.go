package sandboxai

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/weav-ai/weav/internal/ai"
)

// call is one reply in progress.
type call struct {
	provider *Provider
	req      ai.TextRequest
	script   script

	accepted bool
	shown    bool
	written  int
}

// run plays the script: deltas, then the final or an error.
func (c *call) run(ctx context.Context, yield func(ai.TextEvent, error) bool) {
	if err := c.open(ctx); err != nil {
		yield(ai.TextEvent{}, err)
		return
	}
	for i, piece := range c.script.pieces {
		if err := c.reach(ctx, i); err != nil {
			yield(ai.TextEvent{}, err)
			return
		}
		c.shown = true
		c.written += len(piece.text)
		if !yield(ai.TextEvent{Delta: piece.text}, nil) {
			return
		}
	}
	if err := c.reach(ctx, len(c.script.pieces)); err != nil {
		yield(ai.TextEvent{}, err)
		return
	}
	yield(ai.TextEvent{Final: c.result()}, nil)
}

// open is what a provider does before its first token: it takes the request or refuses it. A conversation
// that does not end with a user's turn is refused, as the port requires, so that a caller's mistake is found
// here and not at a vendor.
func (c *call) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return c.stopped(ctx)
	}
	if !answerable(c.req) {
		return c.refused(faults["bad_request"], errors.New("the last turn is not the person's"))
	}
	fault := due(c.script.fault, c.script.failTimes, ai.Attempt(ctx))
	if fault == nil || fault.accepted {
		c.provider.journal(JournalEntry{Op: OpText, Model: c.req.Model, JobKey: c.req.JobKey})
	}
	c.accepted = true
	if err := c.provider.pass(ctx, c.script.first); err != nil {
		return c.stopped(ctx)
	}
	if fault != nil {
		return c.refused(*fault, errAsked)
	}
	return nil
}

// answerable reports whether req ends with a user's turn.
func answerable(req ai.TextRequest) bool {
	return len(req.Turns) > 0 && req.Turns[len(req.Turns)-1].Role == ai.RoleUser
}

// reach proceeds to the place before piece i, or after the last one, and does what the script has there.
func (c *call) reach(ctx context.Context, i int) error {
	if i == c.script.stallAt {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return c.stopped(ctx)
	}
	if i == c.script.dropAt {
		return c.failure(ai.Interrupted, fmt.Errorf("%w: %w", errAsked, io.ErrUnexpectedEOF))
	}
	if i == len(c.script.pieces) {
		return nil
	}
	if err := c.provider.pass(ctx, c.script.pieces[i].wait); err != nil {
		return c.stopped(ctx)
	}
	return nil
}

// result closes a reply that reached its end.
func (c *call) result() *ai.TextResult {
	return &ai.TextResult{
		Finish:     c.script.finish,
		RawFinish:  "sandbox_" + string(c.script.finish),
		Usage:      c.usage(),
		Model:      c.req.Model,
		ResponseID: c.script.id("resp"),
		RequestID:  c.script.id("req"),
	}
}

// usage is what the provider reports of the call so far.
func (c *call) usage() ai.Usage {
	if c.script.noUsage {
		return ai.Usage{}
	}
	u := ai.Usage{Known: true, Output: tokensOf(c.written)}
	if c.accepted {
		u.Input = ai.EstimateInput(c.req)
	}
	return u
}
