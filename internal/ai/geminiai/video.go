package geminiai

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// errNoCancel: an operation of Veo runs to its end and is billed.
var errNoCancel = errors.New("the Gemini API has no call to cancel a video")

// StartVideo implements ai.VideoMaker. The reference is the name of the operation. videoParams describes how
// a request is translated and what is refused.
func (p *Provider) StartVideo(ctx context.Context, req ai.VideoRequest) (string, error) {
	c := &call{p: p, model: req.Model, private: []string{req.Prompt}}
	source, config, err := videoParams(req)
	if err != nil {
		return "", c.refuse(ai.BadRequest, err)
	}
	if e := c.stopped(ctx); e != nil {
		return "", e
	}
	seen, x := observed(ctx)
	op, err := guard(func() (*genai.GenerateVideosOperation, error) {
		return p.sdk.Models.GenerateVideosFromSource(seen, req.Model, source, config)
	})
	if err != nil {
		return "", c.failed(ctx, x, err)
	}
	if !isOperation(op.Name) {
		return "", c.unnamed(x)
	}
	return op.Name, nil
}

// unnamed is the error of a job that was taken and cannot be polled.
func (c *call) unnamed(x *exchange) *ai.Error {
	if x.broken != nil {
		return c.broken(x)
	}
	e := c.failure(ai.Upstream, errors.New("the answer names no operation"))
	e.HTTP = x.status
	return e
}

// retention is how long Google stores a video. Its files are removed two days after they were made, which is
// later than the order.
const retention = 48 * time.Hour

// PollVideo implements ai.VideoMaker. Google reports no progress.
func (p *Provider) PollVideo(ctx context.Context, model, ref string) (ai.VideoState, error) {
	op, _, err := p.operation(ctx, model, ref)
	if err != nil {
		return ai.VideoState{}, err
	}
	return ai.VideoState{Done: op.Done, Phase: phaseOf(op), KeptFor: retention}, nil
}

// phaseOf is empty for a finished job. Google does not distinguish queued from running.
func phaseOf(op *genai.GenerateVideosOperation) ai.Phase {
	if op.Done {
		return ""
	}
	return ai.PhaseGenerating
}

// CancelVideo implements ai.VideoMaker.
func (p *Provider) CancelVideo(_ context.Context, model, _ string) error {
	return (&call{p: p, model: model, job: true}).failure(ai.Unsupported, errNoCancel)
}
