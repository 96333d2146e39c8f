package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/planner"
)

// PlanProject submits a job that plans a project for a goal.
func (r *mutationResolver) PlanProject(ctx context.Context, in PlanProjectInput) (*PlanProjectPayload, error) {
	out := &PlanProjectPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Plans.Propose(ctx, p.User, planner.ProposeInput{
			Goal: in.Goal, Budget: budgetOf(in.Budget), ModelID: in.ModelID.Value(), MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		return err
	})
}

// Replan submits a job that plans the steps again from one step on.
func (r *mutationResolver) Replan(ctx context.Context, in ReplanInput) (*ReplanPayload, error) {
	out := &ReplanPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Plans.Replan(ctx, p.User, planner.ReplanInput{
			PlanID: in.PlanID, FromStepID: in.FromStepID, Wish: in.Wish.Value(), MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		return err
	})
}

// UpdatePlanStep changes a step.
func (r *mutationResolver) UpdatePlanStep(ctx context.Context, in UpdatePlanStepInput) (*UpdatePlanStepPayload, error) {
	out := &UpdatePlanStepPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Step, err = r.s.Plans.UpdateStep(ctx, p.User, planner.UpdateStepInput{
			StepID: in.StepID, IfRevision: in.IfRevision.Value(),
			Step: stepOf(in.Title.Value(), in.Intent, in.Kind, in.ModelID, in.Instruction, in.Prompts.Value(), in.DependsOnIds),
		})
		return err
	})
}

// stepOf converts the step of an input.
func stepOf(
	title *string, intent graphql.Omittable[*string], kind graphql.Omittable[*catalog.Kind], model, instruction graphql.Omittable[*string],
	prompts []string, dependsOn graphql.Omittable[[]string],
) planner.StepInput {
	return planner.StepInput{
		Title: title, Intent: intent.Value(), Kind: kind.Value(), ModelID: model.Value(),
		Instruction: instruction.Value(), Prompts: prompts, DependsOnIDs: dependsOn.Value(),
	}
}

// AddPlanStep adds a step.
func (r *mutationResolver) AddPlanStep(ctx context.Context, in AddPlanStepInput) (*AddPlanStepPayload, error) {
	out := &AddPlanStepPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Step, err = r.s.Plans.AddStep(ctx, p.User, planner.AddStepInput{
			PlanID: in.PlanID, Position: in.Position.Value(), Key: in.IdempotencyKey,
			Step: stepOf(&in.Title, in.Intent, in.Kind, in.ModelID, in.Instruction, in.Prompts, in.DependsOnIds),
		})
		return err
	})
}

// RemovePlanStep removes a step from its plan.
func (r *mutationResolver) RemovePlanStep(ctx context.Context, in RemovePlanStepInput) (*RemovePlanStepPayload, error) {
	out := &RemovePlanStepPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Plan, err = r.s.Plans.RemoveStep(ctx, p.User, in.StepID, in.IfRevision.Value())
		return err
	})
}

// ReorderPlanSteps puts the steps of a plan into another order.
func (r *mutationResolver) ReorderPlanSteps(ctx context.Context, in ReorderPlanStepsInput) (*ReorderPlanStepsPayload, error) {
	out := &ReorderPlanStepsPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Plan, err = r.s.Plans.Reorder(ctx, p.User, in.PlanID, in.StepIds, in.IfRevision.Value())
		return err
	})
}

// ApplyPlan creates the folder and the chats of a plan.
func (r *mutationResolver) ApplyPlan(ctx context.Context, in ApplyPlanInput) (*ApplyPlanPayload, error) {
	out := &ApplyPlanPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		plan, err := r.s.Plans.Apply(ctx, p.User, in.PlanID, in.IdempotencyKey)
		if out.Plan = plan; err != nil || plan == nil || plan.FolderID == nil {
			return err
		}
		out.Folder, err = loadFolder(ctx, *plan.FolderID)
		return err
	})
}

// RunStep starts the reply or the job of a step.
func (r *mutationResolver) RunStep(ctx context.Context, in RunStepInput) (*RunStepPayload, error) {
	out := &RunStepPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		begun, err := r.s.Plans.Run(ctx, p.User, planner.RunInput{
			StepID: in.StepID, PromptIndex: in.PromptIndex, Prompt: in.Prompt.Value(), IfHead: expectHead(in.IfHead, true), MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		if err != nil || begun.Step.IsZero() {
			return err
		}
		if out.Step, err = loadPlanStep(ctx, begun.Step); err != nil {
			return err
		}
		if begun.Job.IsZero() {
			out.Reply, err = loadMessage(ctx, begun.Reply)
			return err
		}
		out.Job, err = loadJob(ctx, begun.Job)
		return err
	})
}

// DeletePlan deletes a plan.
func (r *mutationResolver) DeletePlan(ctx context.Context, in DeletePlanInput) (*DeletePlanPayload, error) {
	out := &DeletePlanPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		id, err := r.s.Plans.Delete(ctx, p.User, in.PlanID)
		out.PlanID = named(id)
		return err
	})
}

// RecommendPrompts submits a job that writes prompts for a chat.
func (r *mutationResolver) RecommendPrompts(ctx context.Context, in RecommendPromptsInput) (*RecommendPromptsPayload, error) {
	out := &RecommendPromptsPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Plans.Recommend(ctx, p.User, planner.RecommendInput{ChatID: in.ChatID, Count: in.Count, MaxCost: money(in.MaxCost), Key: in.IdempotencyKey})
		return err
	})
}
