package graph

import (
	"context"

	"github.com/vikstrous/dataloadgen"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
)

// planLoaders gather the reads of plans.
type planLoaders struct {
	plans     *dataloadgen.Loader[oid.Plan, *ent.Plan]
	planSteps *dataloadgen.Loader[oid.PlanStep, *ent.PlanStep]
	stepsOf   *dataloadgen.Loader[oid.Plan, []*ent.PlanStep]
	planOf    *dataloadgen.Loader[oid.Folder, *ent.Plan]
	stepOf    *dataloadgen.Loader[oid.Chat, *ent.PlanStep]
	progress  *dataloadgen.Loader[*ent.PlanStep, planner.StepStatus]
}

func newPlanLoaders(plans *planner.Service, viewer oid.User) planLoaders {
	return planLoaders{
		plans:     byID(viewer, plans.ByIDs, func(p *ent.Plan) oid.Plan { return p.ID }),
		planSteps: byID(viewer, plans.StepsByID, func(st *ent.PlanStep) oid.PlanStep { return st.ID }),
		stepsOf:   grouped(plans.Steps),
		planOf:    byID(viewer, plans.OfFolders, func(p *ent.Plan) oid.Folder { return *p.FolderID }),
		stepOf:    byID(viewer, plans.StepsOfChats, func(st *ent.PlanStep) oid.Chat { return *st.ChatID }),
		progress: newLoader(func(ctx context.Context, steps []*ent.PlanStep) ([]planner.StepStatus, []error) {
			progress, err := plans.Statuses(ctx, steps)
			out := make([]planner.StepStatus, len(steps))
			for i, st := range steps {
				out[i] = progress[st.ID]
			}
			return out, all(err, len(steps))
		}),
	}
}
