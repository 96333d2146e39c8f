package graph

import (
	"context"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/usage"
)

// Quote says what an action would take.
func (r *queryResolver) Quote(ctx context.Context, in QuoteInput) (*Quote, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	q, err := r.quoted(ctx, p.User, in)
	if faults, ok := errs.InputOf(err); ok { // A query has no userErrors.
		return nil, errs.New(errs.BadUserInput, "%s", faults[0].Message)
	}
	if err != nil {
		return nil, err
	}
	return quoteOf(q), nil
}

func (r *queryResolver) quoted(ctx context.Context, user oid.User, in QuoteInput) (*usage.Quote, error) {
	message, reply, work, plan := in.Message.Value(), in.Reply.Value(), in.Job.Value(), in.Plan.Value()
	n := 0
	for _, set := range []bool{message != nil, reply != nil, work != nil, plan != nil} {
		if set {
			n++
		}
	}
	switch {
	case n != 1: // The executor does not hold inputs to @oneOf that come in variables.
		return nil, errs.New(errs.BadUserInput, "`input` needs exactly one of `message`, `reply`, `job` and `plan`.")
	case message != nil:
		return r.s.Chats.Quote(ctx, user, chat.QuoteInput{
			ChatID: message.ChatID, Text: message.Text, ModelID: message.ModelID.Value(), Attachments: message.AttachmentIds.Value(),
		})
	case reply != nil:
		return r.s.Chats.QuoteAgain(ctx, user, reply.MessageID, reply.ModelID.Value())
	case work != nil:
		return r.s.Jobs.Quote(ctx, user, workOf(work))
	default:
		return r.s.Plans.Quote(ctx, user, plan.Goal)
	}
}

func quoteOf(q *usage.Quote) *Quote {
	out := &Quote{Model: &q.Model, Most: &q.Most, IsOwnKey: q.IsOwnKey, Left: q.Left, IsAllowed: q.Refusal == ""}
	if q.MostMicros != nil {
		out.Cost = &CostRange{Min: costOf(q.LeastMicros), Max: costOf(q.MostMicros)}
	}
	if q.Refusal != "" {
		refusal := QuoteRefusal(q.Refusal)
		out.Refusal = &refusal
	}
	if q.PlanNeeded != "" {
		out.PlanNeeded = &q.PlanNeeded
	}
	return out
}
