package openaiai

import (
	"context"
	"errors"
	"iter"

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

// answerable reports whether a conversation ends with a user's turn. Otherwise models would continue their
// own text, and servers differ in what they do.
func answerable(req ai.TextRequest) bool {
	return len(req.Turns) > 0 && req.Turns[len(req.Turns)-1].Role == ai.RoleUser
}

// textsOf are the texts that no error may repeat: the conversation and the instruction.
func textsOf(req ai.TextRequest) []string {
	texts := []string{req.Instruction}
	for _, t := range req.Turns {
		texts = append(texts, t.Text)
	}
	return texts
}

// reply is one text being read, in either form. One goroutine uses it.
type reply struct {
	call
	yield func(ai.TextEvent, error) bool

	// shown is set when a delta was yielded: the call must not be repeated from then on.
	shown bool
	// refusing is set when the text is a refusal. It is passed on as any text, and the finish states it.
	refusing bool
	// finish is empty until the provider reported it; raw is its own value.
	finish ai.Finish
	raw    string
	// answered is the model that answers: the requested one, until the provider reports another.
	answered string
	id       string
	// usage is reported at the end, if at all: an interrupted text has none.
	usage ai.Usage
}

// show yields a delta or a keep-alive. It returns false when the reader has left.
func (r *reply) show(delta string) bool {
	r.shown = r.shown || delta != ""
	return r.yield(ai.TextEvent{Delta: ai.CleanText(delta)}, nil)
}

// end closes a text that reached its terminal event. A text that the filter withheld completely is a failure,
// so that the user gets a reason instead of an empty text.
func (r *reply) end() {
	r.ended = true
	if !r.shown && r.finish == ai.FinishContentFilter {
		r.fail(r.failure(ai.ContentBlocked, errors.New("the provider shows nothing of its answer")))
		return
	}
	r.yield(ai.TextEvent{Final: &ai.TextResult{
		Finish: r.finish, RawFinish: r.raw, Usage: r.usage, Model: r.answered, ResponseID: r.id, RequestID: r.requestID(),
	}}, nil)
}

// broken ends a text that did not reach its terminal event. Without an error the connection was closed in
// order, which the SDK takes for the end.
func (r *reply) broken(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil || err != nil:
		r.fail(r.failed(ctx, err))
	default:
		r.fail(r.failure(ai.Interrupted, errNoEnd))
	}
}

// fail yields an error with what the reply has recorded.
func (r *reply) fail(e *ai.Error) {
	e.Shown, e.Usage = r.shown, r.usage
	r.yield(ai.TextEvent{}, e)
}

// orElse is a name from the provider, bounded, or else another.
func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return ai.Clip(s, ai.MaxCode)
}
