package openaiai

import (
	"context"
	"errors"
	"iter"

	"github.com/openai/openai-go/v3/responses"

	"github.com/weav-ai/weav/internal/ai"
)

// StreamText implements ai.TextStreamer.
func (p *Provider) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		r := &reply{call: call{p: p, model: req.Model, private: textsOf(req)}, answered: req.Model, yield: yield}
		switch {
		case ctx.Err() != nil:
			yield(ai.TextEvent{}, r.refuse(ai.StopKind(ctx), context.Cause(ctx)))
		case !answerable(req):
			yield(ai.TextEvent{}, r.refuse(ai.BadRequest, errors.New("the last turn is not the person's")))
		case p.form == FormChat:
			r.chat(ctx, req)
		default:
			r.respond(ctx, req)
		}
	}
}

// answerable says whether a conversation ends with the person's turn.
func answerable(req ai.TextRequest) bool {
	return len(req.Turns) > 0 && req.Turns[len(req.Turns)-1].Role == ai.RoleUser
}

// textsOf are what the person wrote or was told.
func textsOf(req ai.TextRequest) []string {
	texts := []string{req.Instruction}
	for _, t := range req.Turns {
		texts = append(texts, t.Text)
	}
	return texts
}

// reply is one text being read.
type reply struct {
	call
	yield func(ai.TextEvent, error) bool

	shown    bool
	refusing bool
	finish   ai.Finish // empty until the provider told
	raw      string
	answered string
	id       string
	usage    ai.Usage
}

// respond asks the Responses API.
func (r *reply) respond(ctx context.Context, req ai.TextRequest) {
	stream := r.p.sdk.Responses.NewStreaming(ctx, responseParams(req), r.streamed()...)
	defer func() { _ = stream.Close() }() // The connection is given up either way.
	for stream.Next() {
		if ctx.Err() != nil {
			break
		}
		delta, failed := r.take(stream.Current())
		if failed != nil {
			r.fail(failed)
			return
		}
		if r.finish != "" {
			r.end()
			return
		}
		if !r.show(delta) {
			return
		}
	}
	r.broken(ctx, stream.Err())
}

// take notes one event and returns its text. What is not known is a sign of life.
func (r *reply) take(event responses.ResponseStreamEventUnion) (delta string, failed *ai.Error) {
	switch e := event.AsAny().(type) {
	case responses.ResponseCreatedEvent:
		r.id, r.answered = clip(e.Response.ID, maxCode), orElse(e.Response.Model, r.answered)
	case responses.ResponseTextDeltaEvent:
		return e.Delta, nil
	case responses.ResponseRefusalDeltaEvent:
		r.refusing = true
		return e.Delta, nil
	case responses.ResponseCompletedEvent:
		finish := ai.FinishStop
		if e.Response.Status == responses.ResponseStatusIncomplete { // So imitations tell it.
			finish = incomplete(e.Response.IncompleteDetails.Reason)
		}
		r.close(e.Response, finish)
	case responses.ResponseIncompleteEvent:
		r.close(e.Response, incomplete(e.Response.IncompleteDetails.Reason))
	case responses.ResponseFailedEvent:
		r.usage = usageOf(e.Response)
		return "", r.fault(fault{code: string(e.Response.Error.Code), message: e.Response.Error.Message})
	case responses.ResponseErrorEvent:
		return "", r.fault(fault{code: e.Code, message: e.Message})
	}
	return "", nil
}

// close notes the terminal event.
func (r *reply) close(response responses.Response, finish ai.Finish) {
	r.id, r.answered = clip(orElse(response.ID, r.id), maxCode), orElse(response.Model, r.answered)
	r.finish, r.raw, r.usage = finish, clip(string(response.Status)+" "+response.IncompleteDetails.Reason, maxCode), usageOf(response)
	if r.refusing {
		r.finish = ai.FinishRefusal
	}
}

// incomplete is the finish of a response that is not whole.
func incomplete(reason string) ai.Finish {
	switch reason {
	case "max_output_tokens":
		return ai.FinishLength
	case "content_filter":
		return ai.FinishContentFilter
	default:
		return ai.FinishOther
	}
}

func usageOf(response responses.Response) ai.Usage {
	if !response.JSON.Usage.Valid() {
		return ai.Usage{}
	}
	u := response.Usage
	return ai.Usage{
		Known: true, Input: u.InputTokens, Output: u.OutputTokens,
		CachedInput: u.InputTokensDetails.CachedTokens, Reasoning: u.OutputTokensDetails.ReasoningTokens,
	}
}

// show yields a delta, or a sign of life. It says whether the reader stays.
func (r *reply) show(delta string) bool {
	r.shown = r.shown || delta != ""
	return r.yield(ai.TextEvent{Delta: ai.CleanText(delta)}, nil)
}

// end closes a text that reached its terminal event. One that the filter took whole is a failure.
func (r *reply) end() {
	if !r.shown && r.finish == ai.FinishContentFilter {
		r.fail(r.failure(ai.ContentBlocked, errors.New("the provider shows nothing of its answer")))
		return
	}
	r.yield(ai.TextEvent{Final: &ai.TextResult{
		Finish: r.finish, RawFinish: r.raw, Usage: r.usage, Model: r.answered, ResponseID: r.id, RequestID: r.requestID(),
	}}, nil)
}

// broken ends a text that did not reach its terminal event.
func (r *reply) broken(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil || err != nil:
		r.fail(r.failed(ctx, err))
	default:
		r.fail(r.failure(ai.Interrupted, errNoEnd))
	}
}

// fail yields an error with what the reply knows.
func (r *reply) fail(e *ai.Error) {
	e.Shown, e.Usage = r.shown, r.usage
	r.yield(ai.TextEvent{}, e)
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return clip(s, maxCode)
}
