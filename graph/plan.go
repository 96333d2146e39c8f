package graph

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/planner"
)

var errNotYet = errors.New("plans are not there yet")

// Budget is not there yet.
func (r *planResolver) Budget(_ context.Context, _ *ent.Plan) (*Cost, error) { return nil, errNotYet }

// Status is not there yet.
func (r *planResolver) Status(_ context.Context, _ *ent.Plan) (planner.Status, error) {
	return "", errNotYet
}

// Steps is not there yet.
func (r *planResolver) Steps(_ context.Context, _ *ent.Plan) ([]*ent.PlanStep, error) {
	return nil, errNotYet
}

// StepsDone is not there yet.
func (r *planResolver) StepsDone(_ context.Context, _ *ent.Plan) (int, error) { return 0, errNotYet }

// EstimatedCost is not there yet.
func (r *planResolver) EstimatedCost(_ context.Context, _ *ent.Plan) (*CostRange, error) {
	return nil, errNotYet
}

// Folder is not there yet.
func (r *planResolver) Folder(_ context.Context, _ *ent.Plan) (*ent.Folder, error) {
	return nil, errNotYet
}

// Job is not there yet.
func (r *planResolver) Job(_ context.Context, _ *ent.Plan) (*ent.Job, error) { return nil, errNotYet }

// EventCursor is not there yet.
func (r *planResolver) EventCursor(_ context.Context, _ *ent.Plan) (string, error) {
	return "", errNotYet
}

// Plan is not there yet.
func (r *planStepResolver) Plan(_ context.Context, _ *ent.PlanStep) (*ent.Plan, error) {
	return nil, errNotYet
}

// Kind is not there yet.
func (r *planStepResolver) Kind(_ context.Context, _ *ent.PlanStep) (catalog.Kind, error) {
	return "", errNotYet
}

// Model is not there yet.
func (r *planStepResolver) Model(_ context.Context, _ *ent.PlanStep) (*catalog.Model, error) {
	return nil, errNotYet
}

// DependsOn is not there yet.
func (r *planStepResolver) DependsOn(_ context.Context, _ *ent.PlanStep) ([]*ent.PlanStep, error) {
	return nil, errNotYet
}

// EstimatedCost is not there yet.
func (r *planStepResolver) EstimatedCost(_ context.Context, _ *ent.PlanStep) (*CostRange, error) {
	return nil, errNotYet
}

// Chat is not there yet.
func (r *planStepResolver) Chat(_ context.Context, _ *ent.PlanStep) (*ent.Chat, error) {
	return nil, errNotYet
}

// Status is not there yet.
func (r *planStepResolver) Status(_ context.Context, _ *ent.PlanStep) (planner.StepStatus, error) {
	return "", errNotYet
}

// Budget is not there yet.
func (r *planArgumentsResolver) Budget(_ context.Context, _ *job.PlanArguments) (*Cost, error) {
	return nil, errNotYet
}

// Plan is not there yet.
func (r *planArgumentsResolver) Plan(_ context.Context, _ *job.PlanArguments) (*ent.Plan, error) {
	return nil, errNotYet
}

// PlanProject is not there yet.
func (r *mutationResolver) PlanProject(_ context.Context, _ PlanProjectInput) (*PlanProjectPayload, error) {
	return nil, errNotYet
}

// Replan is not there yet.
func (r *mutationResolver) Replan(_ context.Context, _ ReplanInput) (*ReplanPayload, error) {
	return nil, errNotYet
}

// UpdatePlanStep is not there yet.
func (r *mutationResolver) UpdatePlanStep(_ context.Context, _ UpdatePlanStepInput) (*UpdatePlanStepPayload, error) {
	return nil, errNotYet
}

// AddPlanStep is not there yet.
func (r *mutationResolver) AddPlanStep(_ context.Context, _ AddPlanStepInput) (*AddPlanStepPayload, error) {
	return nil, errNotYet
}

// RemovePlanStep is not there yet.
func (r *mutationResolver) RemovePlanStep(_ context.Context, _ RemovePlanStepInput) (*RemovePlanStepPayload, error) {
	return nil, errNotYet
}

// ReorderPlanSteps is not there yet.
func (r *mutationResolver) ReorderPlanSteps(_ context.Context, _ ReorderPlanStepsInput) (*ReorderPlanStepsPayload, error) {
	return nil, errNotYet
}

// ApplyPlan is not there yet.
func (r *mutationResolver) ApplyPlan(_ context.Context, _ ApplyPlanInput) (*ApplyPlanPayload, error) {
	return nil, errNotYet
}

// RunStep is not there yet.
func (r *mutationResolver) RunStep(_ context.Context, _ RunStepInput) (*RunStepPayload, error) {
	return nil, errNotYet
}

// DeletePlan is not there yet.
func (r *mutationResolver) DeletePlan(_ context.Context, _ DeletePlanInput) (*DeletePlanPayload, error) {
	return nil, errNotYet
}

// RecommendPrompts is not there yet.
func (r *mutationResolver) RecommendPrompts(_ context.Context, _ RecommendPromptsInput) (*RecommendPromptsPayload, error) {
	return nil, errNotYet
}

// Plan is not there yet.
func (r *folderResolver) Plan(_ context.Context, _ *ent.Folder) (*ent.Plan, error) {
	return nil, errNotYet
}

// Plans is not there yet.
func (r *userResolver) Plans(_ context.Context, _ *ent.User, _ *int, _ *string) (*PlanConnection, error) {
	return nil, errNotYet
}

// PlanStep is not there yet.
func (r *chatResolver) PlanStep(_ context.Context, _ *ent.Chat) (*ent.PlanStep, error) {
	return nil, errNotYet
}
