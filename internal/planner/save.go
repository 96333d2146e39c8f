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

// planArguments are the arguments of a plan's job.
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

// beginning is the part of a plan that remains when the rest is planned again; empty for a new plan.
type beginning struct {
	kept []*ent.PlanStep
	// spent is the most that the remaining steps cost, as far as it is known. The budget covers the whole
	// plan.
	spent int64
}

// left is the budget of the steps to come; nil for no limit.
func (b beginning) left(budget *int64) *int64 {
	if budget == nil {
		return nil
	}
	rest := max(0, *budget-b.spent)
	return &rest
}

// before reads the part of the plan that remains when a job plans it again.
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
	if len(replaced) == 0 { // The plan or its step was removed meanwhile. No provider is called in vain.
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

// split separates the steps of a plan that remain from those that are planned again. Steps that are finished
// or running remain, and all steps before from. When from was removed, all remain.
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

// save stores a plan in the transaction that completes its job.
func (c *Composer) save(ctx context.Context, tx *store.Tx, j *ent.Job, args *job.PlanArguments, shown beginning, a *answer) error {
	if args.PlanID != nil {
		return c.replace(ctx, tx, j, args, shown, a)
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

// nameIn stores in a job's row which plan it made.
func nameIn(ctx context.Context, tx *store.Tx, j *ent.Job, plan oid.Plan) error {
	return wrap("keep", tx.Client().Job.Update().Where(entjob.ID(j.ID)).SetPlanID(plan).Exec(ctx))
}

// replace replaces the steps that were planned again. Steps that the user finished meanwhile remain. A plan
// that was deleted meanwhile stays deleted, and a plan whose first step to replace is gone stays unchanged.
func (c *Composer) replace(ctx context.Context, tx *store.Tx, j *ent.Job, args *job.PlanArguments, shown beginning, a *answer) error {
	s := &Service{Parts: c.Parts}
	p, err := s.lock(ctx, tx, j.UserID, *args.PlanID, nil)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	steps, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	// The plan is split again behind the lock, since it may have changed while the model was writing.
	kept, replaced, err := split(ctx, tx.Client(), steps, args.FromStep)
	if err != nil || len(replaced) == 0 {
		return err
	}
	_, err = s.edit(ctx, tx, p, func([]*ent.PlanStep) error {
		if err := drop(ctx, tx, kept, replaced); err != nil {
			return err
		}
		// Steps may have been added meanwhile, so the answer is cut to the limit of a plan.
		return addSteps(ctx, tx, p, kept, shown.kept, a.Steps[:min(MaxSteps-len(kept), len(a.Steps))])
	})
	if err != nil {
		return err
	}
	return wrap("replan", tx.Client().Plan.UpdateOneID(p.ID).SetJobID(j.ID).SetSummary(a.Summary).Exec(ctx))
}

// drop removes steps, and the dependencies on them. The remaining steps move up.
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
		// Unchanged steps are not written.
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

// addSteps stores the steps of an answer after the existing ones. Their dependency numbers count from the
// steps that the model was shown. Those of them that were removed meanwhile are left out.
func addSteps(ctx context.Context, tx *store.Tx, p *ent.Plan, standing, shown []*ent.PlanStep, steps []stepAnswer) error {
	stands := map[oid.PlanStep]bool{}
	for _, st := range standing {
		stands[st.ID] = true
	}
	places := make([]oid.PlanStep, 0, len(shown)+len(steps))
	for _, st := range shown {
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

// unique keeps the first occurrence of each number; a model may name one twice.
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

// isGone reports whether the object to change no longer exists.
func isGone(err error) bool { return errs.CodeOf(err) == errs.NotFound }
