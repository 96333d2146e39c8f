package openaiai

import (
	"context"

	"github.com/openai/openai-go/v3/responses"

	"github.com/weav-ai/weav/internal/ai"
)

// respond asks the Responses API. Its terminal event ends the text, whatever the server does with the connection after
// that.
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
	switch event.Type { // Read so, the many deltas are not decoded a second time.
	case "response.output_text.delta":
		return event.Delta, nil
	case "response.refusal.delta":
		r.refusing = true
		return event.Delta, nil
	}
	switch e := event.AsAny().(type) {
	case responses.ResponseCreatedEvent:
		r.id, r.answered = ai.Clip(e.Response.ID, ai.MaxCode), orElse(e.Response.Model, r.answered)
	case responses.ResponseCompletedEvent:
		return "", r.close(e.Response, orStatus(e.Response.Status, responses.ResponseStatusCompleted))
	case responses.ResponseIncompleteEvent:
		return "", r.close(e.Response, responses.ResponseStatusIncomplete)
	case responses.ResponseFailedEvent:
		return "", r.close(e.Response, responses.ResponseStatusFailed)
	case responses.ResponseErrorEvent:
		return "", r.fault(readFault(0, []byte(event.RawJSON())))
	}
	return "", nil
}

// close notes the terminal event.
func (r *reply) close(response responses.Response, status responses.ResponseStatus) *ai.Error {
	r.id, r.answered = ai.Clip(orElse(response.ID, r.id), ai.MaxCode), orElse(response.Model, r.answered)
	r.usage, r.raw = usageOf(response), ai.Clip(string(status)+" "+response.IncompleteDetails.Reason, ai.MaxCode)
	switch {
	case status == responses.ResponseStatusFailed:
		return r.fault(fault{code: string(response.Error.Code), message: response.Error.Message})
	case r.refusing:
		r.finish = ai.FinishRefusal
	case status == responses.ResponseStatusIncomplete:
		r.finish = incomplete(response.IncompleteDetails.Reason)
	case status == responses.ResponseStatusCompleted:
		r.finish = ai.FinishStop
	default:
		r.finish = ai.FinishOther
	}
	return nil
}

// orStatus is what a completed response says of itself: imitations complete also those that are not whole, or that failed.
func orStatus(told, fallback responses.ResponseStatus) responses.ResponseStatus {
	if told == "" {
		return fallback
	}
	return told
}

// incomplete is the finish of a response that is not whole. Reasons that are new, or that only tools have, are
// others.
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

// usageOf is unknown where a response has none, as a failed one may.
func usageOf(response responses.Response) ai.Usage {
	if !response.JSON.Usage.Valid() {
		return ai.Usage{}
	}
	u := response.Usage
	return ai.Usage{
		Known: true, Input: u.InputTokens, Output: u.OutputTokens,
		CachedInput: u.InputTokensDetails.CachedTokens, CacheWrite: u.InputTokensDetails.CacheWriteTokens, Reasoning: u.OutputTokensDetails.ReasoningTokens,
	}
}
