package graph

import (
	"context"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/usage"
)

// Quote returns what an action would cost at most.
func (r *queryResolver) Quote(ctx context.Context, in QuoteInput) (*Quote, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	q, err := r.quoted(ctx, p.User, in)
	if faults, ok := errs.InputOf(err); ok { // A query has no userErrors.
		return nil, errs.NewText(errs.BadUserInput, faults[0].Text)
	}
	if err != nil {
		return nil, err
	}
	return quoteOf(q), nil
}

// quoted quotes the one action that is set.
func (r *queryResolver) quoted(ctx context.Context, user oid.User, in QuoteInput) (q *usage.Quote, err error) {
	n := 0
	one := func(isSet bool, ask func() (*usage.Quote, error)) {
		if !isSet {
			return
		}
		n++
		if n == 1 {
			q, err = ask()
		}
	}
	r.quoteChats(ctx, user, in, one)
	r.quoteJobs(ctx, user, in, one)
	if n != 1 {
		return nil, errs.New(errs.BadUserInput, "`input` needs exactly one of its fields.")
	}
	return q, err
}

// quoteChats has the actions that write replies.
func (r *queryResolver) quoteChats(ctx context.Context, user oid.User, in QuoteInput, one func(bool, func() (*usage.Quote, error))) {
	message, edit, reply := in.Message.Value(), in.Edit.Value(), in.Reply.Value()
	one(message != nil, func() (*usage.Quote, error) {
		return r.s.Chats.QuoteSend(ctx, user, chat.SendInput{
			ChatID: message.ChatID, Text: message.Text, ModelID: message.ModelID.Value(), FallbackID: message.FallbackModelID.Value(), Attachments: message.AttachmentIds.Value(),
		})
	})
	one(edit != nil, func() (*usage.Quote, error) {
		return r.s.Chats.QuoteEdit(ctx, user, chat.EditInput{
			MessageID: edit.MessageID, Text: edit.Text, ModelID: edit.ModelID.Value(), FallbackID: edit.FallbackModelID.Value(), Attachments: edit.AttachmentIds.Value(),
		})
	})
	one(reply != nil, func() (*usage.Quote, error) {
		return r.s.Chats.QuoteRegenerate(ctx, user, chat.RegenerateInput{MessageID: reply.MessageID, ModelID: reply.ModelID.Value(), FallbackID: reply.FallbackModelID.Value()})
	})
}

// quoteJobs has the actions that submit jobs.
func (r *queryResolver) quoteJobs(ctx context.Context, user oid.User, in QuoteInput, one func(bool, func() (*usage.Quote, error))) {
	work, retry, plan, replan, step, prompts := in.Job.Value(), in.Retry.Value(), in.Plan.Value(), in.Replan.Value(), in.Step.Value(), in.Prompts.Value()
	one(work != nil, func() (*usage.Quote, error) {
		return r.s.Jobs.Quote(ctx, user, job.CreateInput{Work: workOf(work), StoreResult: true})
	})
	one(retry != nil, func() (*usage.Quote, error) {
		return r.s.Jobs.QuoteRetry(ctx, user, job.RetryInput{JobID: retry.JobID})
	})
	one(plan != nil, func() (*usage.Quote, error) {
		return r.s.Plans.QuoteProposal(ctx, user, planner.ProposeInput{Goal: plan.Goal, Budget: budgetOf(plan.Budget), ModelID: plan.ModelID.Value()})
	})
	one(replan != nil, func() (*usage.Quote, error) {
		return r.s.Plans.QuoteReplan(ctx, user, planner.ReplanInput{PlanID: replan.PlanID, FromStepID: replan.FromStepID, Wish: replan.Wish.Value()})
	})
	one(step != nil, func() (*usage.Quote, error) {
		return r.s.Plans.QuoteRun(ctx, user, planner.RunInput{StepID: step.StepID, PromptIndex: step.PromptIndex, Prompt: step.Prompt.Value()})
	})
	one(prompts != nil, func() (*usage.Quote, error) {
		return r.s.Plans.QuotePrompts(ctx, user, planner.RecommendInput{ChatID: prompts.ChatID, Count: prompts.Count})
	})
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
