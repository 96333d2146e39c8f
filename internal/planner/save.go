package planner

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// planArguments are what a plan's job was ordered with.
func planArguments(j *ent.Job) (*job.PlanArguments, error) {
	args, err := job.ArgumentsOf(j)
	if err != nil {
		return nil, err
	}
	plan, ok := args.(*job.PlanArguments)
	if !ok {
		return nil, fmt.Errorf("planner: %s is no job of a plan", j.ID)
	}
	return plan, nil
}

// beginning is what stands of a plan when the rest is planned anew; nothing for a new plan.
type beginning struct {
	kept []*ent.PlanStep
	// spent is the most that the kept steps cost, as far as it is known.
	spent int64
}

// left is what the steps to come may cost; nil for no limit.
func (b beginning) left(budget *int64) *int64 {
	if budget == nil {
		return nil
	}
	rest := max(0, *budget-b.spent)
	return &rest
}

// before reads what stands of the plan that a job plans anew.
func (c *Composer) before(ctx context.Context, j *ent.Job, args *job.PlanArguments) (beginning, error) {
	if args.PlanID == nil {
		return beginning{}, nil
	}
	client := c.Store.Client()
	steps, err := client.PlanStep.Query().Where(planstep.PlanID(*args.PlanID), planstep.UserID(j.UserID)).
		Order(planstep.ByPosition()).All(ctx)
	if err != nil {
		return beginning{}, wrap("steps", err)
	}
	kept, replaced, err := split(ctx, client, steps, args.FromStep)
	if err != nil {
		return beginning{}, err
	}
	if len(replaced) == 0 { // The plan, or its step, was removed since: nobody is asked in vain.
		return beginning{}, fmt.Errorf("%w: nothing is left to plan anew", job.ErrUnusable)
	}
	b := beginning{kept: kept}
	for _, st := range kept {
		if m, ok := c.Catalog.Get(st.Model); ok {
			if r := Estimate(m, st.Instruction, st.Prompts[0], store.Now()); r != nil {
				b.spent += r.Max
			}
		}
	}
	return b, nil
}

// split parts the steps of a plan that stay from those that are planned anew: steps that are finished or under way
// stay, and all that stand before from. When from is gone, all stay.
func split(ctx context.Context, client *ent.Client, steps []*ent.PlanStep, from *oid.PlanStep) (kept, replaced []*ent.PlanStep, err error) {
	progress, err := statuses(ctx, client, steps)
	if err != nil {
		return nil, nil, err
	}
	behind := false
	for _, st := range steps {
		behind = behind || from != nil && st.ID == *from
		if status := progress[st.ID]; behind && status != Done && status != Running {
			replaced = append(replaced, st)
		} else {
			kept = append(kept, st)
		}
	}
	return kept, replaced, nil
}

// keep writes a plan in the transaction that completes its job.
func (c *Composer) keep(ctx context.Context, tx *store.Tx, j *ent.Job, args *job.PlanArguments, told beginning, a *answer) error {
	if args.PlanID != nil {
		return c.replace(ctx, tx, j, args, told, a)
	}
	p, err := tx.Client().Plan.Create().SetUserID(j.UserID).SetJobID(j.ID).SetGoal(args.Goal).
		SetNillableBudgetMicros(args.BudgetMicros).SetTitle(a.Title).SetSummary(a.Summary).SetLanguage(a.Language).
		SetCreatedAt(store.Now()).SetUpdatedAt(store.Now()).Save(ctx)
	if err != nil {
		return wrap("keep", err)
	}
	if err := addSteps(ctx, tx, p, nil, nil, a.Steps); err != nil {
		return err
	}
	feed.Record(tx, j.UserID, feed.PlanSaved, feed.Facts{Plan: p.ID})
	return nameIn(ctx, tx, j, p.ID)
}

// nameIn says in a job's row which plan it made.
func nameIn(ctx context.Context, tx *store.Tx, j *ent.Job, plan oid.Plan) error {
	return wrap("keep", tx.Client().Job.Update().Where(entjob.ID(j.ID)).SetPlanID(plan).Exec(ctx))
}

// replace puts new steps in the place of those that were planned anew. What a person finished meanwhile stays. A plan
// that was deleted meanwhile stays deleted, and one whose first step to replace is gone stays as it is.
func (c *Composer) replace(ctx context.Context, tx *store.Tx, j *ent.Job, args *job.PlanArguments, told beginning, a *answer) error {
	s := &Service{Parts: c.Parts}
	p, err := s.lock(ctx, tx, j.UserID, *args.PlanID, nil)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	steps, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	kept, replaced, err := split(ctx, tx.Client(), steps, args.FromStep)
	if err != nil || len(replaced) == 0 {
		return err
	}
	_, err = s.edit(ctx, tx, p, func([]*ent.PlanStep) error {
		if err := drop(ctx, tx, kept, replaced); err != nil {
			return err
		}
		return addSteps(ctx, tx, p, kept, told.kept, a.Steps[:min(MaxSteps-len(kept), len(a.Steps))])
	})
	if err != nil {
		return err
	}
	return wrap("replan", tx.Client().Plan.UpdateOneID(p.ID).SetJobID(j.ID).SetSummary(a.Summary).Exec(ctx))
}

// drop removes steps, and what depends on them forgets them. The rest moves up.
func drop(ctx context.Context, tx *store.Tx, kept, dropped []*ent.PlanStep) error {
	lost := make(map[oid.PlanStep]bool, len(dropped))
	ids := make([]oid.PlanStep, len(dropped))
	for i, st := range dropped {
		lost[st.ID], ids[i] = true, st.ID
	}
	if _, err := tx.Client().PlanStep.Delete().Where(planstep.IDIn(ids...)).Exec(ctx); err != nil {
		return wrap("drop", err)
	}
	for i, st := range kept {
		still := make([]oid.PlanStep, 0, len(st.DependsOn))
		for _, d := range st.DependsOn {
			if !lost[d] {
				still = append(still, d)
			}
		}
		if st.Position == i+1 && len(still) == len(st.DependsOn) {
			continue
		}
		saved, err := tx.Client().PlanStep.UpdateOneID(st.ID).SetPosition(i + 1).SetDependsOn(still).Save(ctx)
		if err != nil {
			return wrap("drop", err)
		}
		kept[i] = saved
	}
	return nil
}

// addSteps stores the steps of an answer behind those that stand. Their numbers count from those that the model was
// told of; what was removed of these meanwhile is needed no more.
func addSteps(ctx context.Context, tx *store.Tx, p *ent.Plan, standing, told []*ent.PlanStep, steps []stepAnswer) error {
	stands := map[oid.PlanStep]bool{}
	for _, st := range standing {
		stands[st.ID] = true
	}
	places := make([]oid.PlanStep, 0, len(told)+len(steps))
	for _, st := range told {
		places = append(places, st.ID)
	}
	for i, st := range steps {
		depends := make([]oid.PlanStep, 0, len(st.DependsOn))
		for _, d := range unique(st.DependsOn) {
			if stands[places[d-1]] {
				depends = append(depends, places[d-1])
			}
		}
		saved, err := tx.Client().PlanStep.Create().SetPlanID(p.ID).SetUserID(p.UserID).SetPosition(len(standing) + i + 1).
			SetTitle(st.Title).SetIntent(st.Intent).SetKind(planstep.Kind(st.Kind)).SetModel(st.Model).SetReason(st.Reason).
			SetInstruction(st.Instruction).SetPrompts(st.Prompts).SetDependsOn(depends).SetCreatedAt(store.Now()).Save(ctx)
		if err != nil {
			return wrap("add step", err)
		}
		places, stands[saved.ID] = append(places, saved.ID), true
	}
	return nil
}

// unique keeps the first of each number.
func unique(numbers []int) []int {
	var out []int
	seen := map[int]bool{}
	for _, n := range numbers {
		if !seen[n] {
			out = append(out, n)
		}
		seen[n] = true
	}
	return out
}

// gone says whether what was to be changed is not there any more.
func gone(err error) bool { return errs.CodeOf(err) == errs.NotFound }
