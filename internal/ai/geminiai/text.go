package geminiai

import (
	"context"
	"errors"
	"iter"
	"strings"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// errNoFinish is the error of a stream that is complete but has no finish reason.
var errNoFinish = errors.New("the answer has no finish reason")

// StreamText implements ai.TextStreamer.
func (p *Provider) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		r := &reply{call: call{p: p, model: req.Model, private: textsOf(req)}, answered: req.Model}
		r.run(ctx, req, yield)
	}
}

// reply is one text being read.
type reply struct {
	call

	shown bool
	// finish is the reported reason; empty until then.
	finish string
	reason genai.FinishReason
	// answered is the model that answered.
	answered string
	id       string
	usage    ai.Usage
}

// run yields keep-alives and deltas, then the final or an error.
func (r *reply) run(ctx context.Context, req ai.TextRequest, yield func(ai.TextEvent, error) bool) {
	contents, config, err := textParams(req)
	if err != nil {
		yield(ai.TextEvent{}, r.refuse(ai.BadRequest, err))
		return
	}
	if e := r.stopped(ctx); e != nil {
		yield(ai.TextEvent{}, e)
		return
	}
	seen, x := observed(ctx)
	var broke error
	for answer, err := range guardEach(r.p.sdk.Models.GenerateContentStream(seen, req.Model, contents, config)) {
		if err != nil || ctx.Err() != nil {
			broke = err
			break
		}
		x.begun = true
		if !yield(ai.TextEvent{Delta: r.take(answer)}, nil) {
			return
		}
	}
	yield(r.end(ctx, x, broke))
}

// take records one answer of the stream and returns its text, without thoughts.
func (r *reply) take(answer *genai.GenerateContentResponse) string {
	if answer.UsageMetadata != nil {
		r.usage = usageOf(answer.UsageMetadata)
	}
	if answer.ModelVersion != "" {
		r.answered = shortName(answer.ModelVersion)
	}
	if answer.ResponseID != "" {
		r.id = answer.ResponseID
	}
	if block := blockOf(answer); block != "" {
		r.finish, r.reason = block, genai.FinishReasonSafety
	}
	candidate := firstCandidate(answer)
	if candidate == nil {
		return ""
	}
	if hasEnded(candidate.FinishReason) {
		r.finish, r.reason = string(candidate.FinishReason), candidate.FinishReason
	}
	return r.text(candidate)
}

// text joins the texts of a candidate.
func (r *reply) text(candidate *genai.Candidate) string {
	var delta strings.Builder
	for _, part := range partsOf(candidate) {
		delta.WriteString(part.Text)
	}
	r.shown = r.shown || delta.Len() > 0
	return ai.CleanText(delta.String())
}

// end closes the stream. A failure after the finish reason is ignored: the text is complete.
func (r *reply) end(ctx context.Context, x *exchange, broke error) (ai.TextEvent, error) {
	finish := finishOf(r.reason)
	if r.finish == "" || finish == ai.FinishContentFilter && !r.shown {
		e := r.fault(ctx, x, broke)
		e.Shown, e.Usage = r.shown, r.usage
		return ai.TextEvent{}, e
	}
	return ai.TextEvent{Final: &ai.TextResult{
		Finish: finish, RawFinish: ai.Clip(r.finish, ai.MaxCode), Usage: r.usage, Model: r.answered, ResponseID: r.id,
	}}, nil
}

// fault is why there is no text, or an incomplete one.
func (r *reply) fault(ctx context.Context, x *exchange, broke error) *ai.Error {
	switch {
	case r.finish != "":
		return r.blocked(x, r.finish)
	case broke != nil || ctx.Err() != nil || x.broken != nil:
		return r.failed(ctx, x, broke)
	default:
		e := r.failure(ai.Interrupted, errNoFinish)
		e.HTTP = x.status
		return e
	}
}

// blocked is the error of an answer that the provider withholds, with its reason.
func (c *call) blocked(x *exchange, reason string) *ai.Error {
	e := c.failure(ai.ContentBlocked, errors.New("the provider shows nothing of its answer"))
	e.HTTP, e.Code = x.status, ai.Clip(reason, ai.MaxCode)
	return e
}
