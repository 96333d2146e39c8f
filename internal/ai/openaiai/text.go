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

// answerable says whether a conversation ends with the person's turn. Models would go on with their own words, and
// servers differ in what they make of it.
func answerable(req ai.TextRequest) bool {
	return len(req.Turns) > 0 && req.Turns[len(req.Turns)-1].Role == ai.RoleUser
}

// textsOf are what no error may repeat: what the person wrote or was told, and what an operator instructs.
func textsOf(req ai.TextRequest) []string {
	texts := []string{req.Instruction}
	for _, t := range req.Turns {
		texts = append(texts, t.Text)
	}
	return texts
}

// reply is one text being read, in either form. It is used by one goroutine.
type reply struct {
	call
	yield func(ai.TextEvent, error) bool

	// shown says that a delta was yielded: from then on nobody may ask again.
	shown bool
	// refusing says that the text is a refusal. It is passed on as any text, and the finish tells.
	refusing bool
	// finish is empty until the provider told it; raw is its own word for it.
	finish ai.Finish
	raw    string
	// answered is the model that really answers: the one asked for, until the provider names another.
	answered string
	id       string
	// usage is told at the end, if at all: a text that is cut short has none.
	usage ai.Usage
}

// show yields a delta, or a sign of life. It says whether the reader stays.
func (r *reply) show(delta string) bool {
	r.shown = r.shown || delta != ""
	return r.yield(ai.TextEvent{Delta: ai.CleanText(delta)}, nil)
}

// end closes a text that reached its terminal event. One that the filter took whole is a failure, so that the person
// is told of it and not shown an empty text.
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

// broken ends a text that did not reach its terminal event. Without an error the SDK saw nothing amiss: to it, a
// connection that was closed in order is an end.
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

// orElse is a name that the provider gives, within bounds, or else another.
func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return ai.Clip(s, ai.MaxCode)
}
