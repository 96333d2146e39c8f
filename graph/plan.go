package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/planner"
)

// Budget is the most that all steps should cost; nil for no limit.
func (r *planResolver) Budget(_ context.Context, p *ent.Plan) (*Cost, error) {
	return costOf(p.BudgetMicros), nil
}

// Status says whether its folder was made.
func (r *planResolver) Status(_ context.Context, p *ent.Plan) (planner.Status, error) {
	return planner.StatusOf(p), nil
}

// Steps are its steps in order.
func (r *planResolver) Steps(ctx context.Context, p *ent.Plan) ([]*ent.PlanStep, error) {
	return loadersOf(ctx).stepsOf.Load(ctx, p.ID)
}

// StepsDone is how many of its steps are done.
func (r *planResolver) StepsDone(ctx context.Context, p *ent.Plan) (int, error) {
	steps, err := r.Steps(ctx, p)
	if err != nil {
		return 0, err
	}
	progress, err := loadersOf(ctx).progress.LoadAll(ctx, steps)
	done := 0
	for _, status := range progress {
		if status == planner.Done {
			done++
		}
	}
	return done, err
}

// EstimatedCost is what it may cost in all.
func (r *planResolver) EstimatedCost(ctx context.Context, p *ent.Plan) (*CostRange, error) {
	steps, err := r.Steps(ctx, p)
	if err != nil {
		return nil, err
	}
	var sum planner.Range
	for _, st := range steps {
		one := r.estimate(st)
		if one == nil {
			return nil, nil
		}
		sum.Min += one.Min
		sum.Max += one.Max
	}
	return costRange(&sum), nil
}

// estimate is what one run of a step may cost; nil when that is not known.
func (r *Resolver) estimate(st *ent.PlanStep) *planner.Range {
	m, ok := r.s.Catalog.Get(st.Model)
	if !ok || len(st.Prompts) == 0 {
		return nil
	}
	return planner.Estimate(m, st.Instruction, st.Prompts[0], time.Now())
}

func costRange(r *planner.Range) *CostRange {
	if r == nil {
		return nil
	}
	return &CostRange{Min: costOf(&r.Min), Max: costOf(&r.Max)}
}

// Folder is the folder made of it.
func (r *planResolver) Folder(ctx context.Context, p *ent.Plan) (*ent.Folder, error) {
	if p.FolderID == nil {
		return nil, nil
	}
	return loadFolder(ctx, *p.FolderID)
}

// Job is the job that made it, or its last replan.
func (r *planResolver) Job(ctx context.Context, p *ent.Plan) (*ent.Job, error) {
	return loadJob(ctx, p.JobID)
}

// EventCursor is the feed's head.
func (r *planResolver) EventCursor(ctx context.Context, _ *ent.Plan) (string, error) {
	return eventCursor(ctx)
}

// Plan is the plan it belongs to.
func (r *planStepResolver) Plan(ctx context.Context, st *ent.PlanStep) (*ent.Plan, error) {
	return loadPlan(ctx, st.PlanID)
}

// Kind is what it makes.
func (r *planStepResolver) Kind(_ context.Context, st *ent.PlanStep) (catalog.Kind, error) {
	return catalog.Kind(st.Kind), nil
}

// Model is the model that was chosen.
func (r *planStepResolver) Model(_ context.Context, st *ent.PlanStep) (*catalog.Model, error) {
	return r.model(&st.Model), nil
}

// DependsOn are the earlier steps whose results it needs.
func (r *planStepResolver) DependsOn(ctx context.Context, st *ent.PlanStep) ([]*ent.PlanStep, error) {
	return loadersOf(ctx).planSteps.LoadAll(ctx, st.DependsOn)
}

// EstimatedCost is what one run of it may cost.
func (r *planStepResolver) EstimatedCost(_ context.Context, st *ent.PlanStep) (*CostRange, error) {
	return costRange(r.estimate(st)), nil
}

// Chat is its chat; a deleted one is not shown.
func (r *planStepResolver) Chat(ctx context.Context, st *ent.PlanStep) (*ent.Chat, error) {
	if st.ChatID == nil {
		return nil, nil
	}
	return loadChat(ctx, *st.ChatID)
}

// Status says how far it is.
func (r *planStepResolver) Status(ctx context.Context, st *ent.PlanStep) (planner.StepStatus, error) {
	return loadersOf(ctx).progress.Load(ctx, st)
}

// Budget is the most the plan should cost.
func (r *planArgumentsResolver) Budget(_ context.Context, a *job.PlanArguments) (*Cost, error) {
	return costOf(a.BudgetMicros), nil
}

// Plan is the plan that a replan changes; nil for a new one.
func (r *planArgumentsResolver) Plan(ctx context.Context, a *job.PlanArguments) (*ent.Plan, error) {
	if a.PlanID == nil {
		return nil, nil
	}
	return loadPlan(ctx, *a.PlanID)
}

// Plan is the plan a folder was made from.
func (r *folderResolver) Plan(ctx context.Context, f *ent.Folder) (*ent.Plan, error) {
	return loadersOf(ctx).planOf.Load(ctx, f.ID)
}

// PlanStep is the step of a plan that a chat is for.
func (r *chatResolver) PlanStep(ctx context.Context, c *ent.Chat) (*ent.PlanStep, error) {
	return loadersOf(ctx).stepOf.Load(ctx, c.ID)
}

// Plans pages through the viewer's plans.
func (r *userResolver) Plans(ctx context.Context, u *ent.User, first *int, after *string) (*PlanConnection, error) {
	result, err := r.s.Plans.List(ctx, u.ID, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, planner.Cursor), nil
}
