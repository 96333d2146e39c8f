package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/oid"
)

// The events of plans.
type (
	// PlanSaved says that a plan was made, changed or applied.
	PlanSaved struct {
		at
		onViewer
		PlanID oid.Plan
	}
	// PlanDeleted says that a plan was deleted.
	PlanDeleted struct {
		at
		onViewer
		PlanID oid.Plan
	}
)

// Plan reads the plan as of now.
func (e PlanSaved) Plan(ctx context.Context) (*ent.Plan, error) { return loadPlan(ctx, e.PlanID) }
