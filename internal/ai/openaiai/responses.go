package openaiai

import (
	"context"

	"github.com/openai/openai-go/v3/responses"

	"github.com/weav-ai/weav/internal/ai"
)

// respond requests a response of the Responses API. Its terminal event ends the text, whatever happens to the
// connection after that.
func (r *reply) respond(ctx context.Context, req ai.TextRequest) {
	stream := r.p.sdk.Responses.NewStreaming(ctx, responseParams(req), r.requireStream()...)
	defer func() { _ = stream.Close() }() // The connection is closed in any case.
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

// take records one event and returns its text. An unknown event is a keep-alive.
func (r *reply) take(event responses.ResponseStreamEventUnion) (delta string, failed *ai.Error) {
	switch event.Type { // Without AsAny, which would decode the frequent deltas a second time.
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

// close records the terminal event.
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

// orStatus is the status that a completed response states: compatible servers also send incomplete and failed
// responses as completed.
func orStatus(reported, fallback responses.ResponseStatus) responses.ResponseStatus {
	if reported == "" {
		return fallback
	}
	return reported
}

// incomplete is the finish of an incomplete response. Unknown reasons, and those of tools, are FinishOther.
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

// usageOf is unknown for a response without usage, as a failed one may be.
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
