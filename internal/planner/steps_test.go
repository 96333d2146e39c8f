package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// TestStepsAreChangedWithinTheRules of texts, models, dependencies and revisions.
func TestStepsAreChangedWithinTheRules(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		p, steps := d.draft(3)
		for name, tt := range map[string]struct {
			step  planner.StepInput
			field string
		}{
			"no title":                   {planner.StepInput{Title: ptr("")}, "title"},
			"a longer title":             {planner.StepInput{Title: ptr(strings.Repeat("가", planner.MaxTitleChars+1))}, "title"},
			"a longer instruction":       {planner.StepInput{Instruction: ptr(strings.Repeat("i", planner.MaxInstructionChars+1))}, "instruction"},
			"no prompts":                 {planner.StepInput{Prompts: []string{}}, "prompts"},
			"too many prompts":           {planner.StepInput{Prompts: []string{"1", "2", "3", "4", "5"}}, "prompts"},
			"an empty prompt":            {planner.StepInput{Prompts: []string{"p", ""}}, "prompts.1"},
			"a model of another kind":    {planner.StepInput{ModelID: ptr("sandbox-painter")}, "modelId"},
			"it depends on itself":       {planner.StepInput{DependsOnIDs: names(steps, 2)}, "dependsOnIds.0"},
			"it depends on a later step": {planner.StepInput{DependsOnIDs: names(steps, 1, 3)}, "dependsOnIds.1"},
		} {
			_, err := d.UpdateStep(d.t.Context(), d.user, planner.UpdateStepInput{StepID: steps[1].ID.String(), Step: tt.step})
			d.wantFault(name, err, tt.field)
		}
		_, others := d.draft(1)
		_, err := d.UpdateStep(d.t.Context(), d.user, planner.UpdateStepInput{StepID: steps[1].ID.String(), Step: planner.StepInput{DependsOnIDs: names(others, 1)}})
		d.wantCode("it depends on another plan", err, errs.NotFound)
		kind := catalog.Image
		st, err := d.UpdateStep(d.t.Context(), d.user, planner.UpdateStepInput{
			StepID: steps[1].ID.String(), IfRevision: ptr(1), Step: planner.StepInput{Title: ptr("B"), Kind: &kind, DependsOnIDs: names(steps, 1, 1)},
		})
		if err != nil || st.Title != "B" || st.Model != "sandbox-painter" || len(st.DependsOn) != 1 || !slices.Equal(st.Prompts, []string{"p", "q"}) {
			d.t.Errorf("changed to %v, %v", st, err)
		}
		_, err = d.UpdateStep(d.t.Context(), d.user, planner.UpdateStepInput{StepID: steps[1].ID.String(), IfRevision: ptr(1), Step: planner.StepInput{Title: ptr("C")}})
		d.wantCode("the plan as it was before", err, errs.Conflict)
		if got := d.order(p.ID); got != "aBc" {
			d.t.Errorf("the plan is %s", got)
		}
	})
}

// TestStepsAreAddedRemovedAndReordered, and no step precedes one that it depends on.
func TestStepsAreAddedRemovedAndReordered(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		p, steps := d.draft(3)
		in := planner.AddStepInput{PlanID: p.ID.String(), Position: ptr(2), Step: planner.StepInput{Title: ptr("x"), Prompts: []string{"p"}}, Key: d.key()}
		x, err := d.AddStep(d.t.Context(), d.user, in)
		d.must(err)
		again, err := d.AddStep(d.t.Context(), d.user, in)
		if err != nil || again.ID != x.ID || x.Model != "sandbox-writer" || d.order(p.ID) != "axbc" {
			d.t.Errorf("added %v, again %v, %v: %s", x, again, err, d.order(p.ID))
		}
		for _, place := range []int{0, 6} {
			in := in
			in.Position, in.Key = &place, d.key()
			_, err := d.AddStep(d.t.Context(), d.user, in)
			d.wantFault(fmt.Sprint("at ", place), err, "position")
		}
		ids := []string{x.ID.String(), steps[0].ID.String(), steps[1].ID.String(), steps[2].ID.String()}
		_, err = d.Reorder(d.t.Context(), d.user, p.ID.String(), ids, nil)
		if err != nil || d.order(p.ID) != "xabc" {
			d.t.Errorf("reordered to %s, %v", d.order(p.ID), err)
		}
		for name, wrong := range map[string][]string{
			"one is missing": ids[:3], "one is twice": {ids[0], ids[1], ids[2], ids[2]}, "a step before what it needs": {ids[0], ids[2], ids[1], ids[3]},
		} {
			_, err := d.Reorder(d.t.Context(), d.user, p.ID.String(), wrong, nil)
			d.wantFault(name, err, "stepIds")
		}
		for i := range planner.MaxSteps - 4 {
			_, err := d.AddStep(d.t.Context(), d.user, planner.AddStepInput{PlanID: p.ID.String(), Step: planner.StepInput{Title: ptr(fmt.Sprint(i)), Prompts: []string{"p"}}, Key: d.key()})
			d.must(err)
		}
		in.Key = d.key()
		_, err = d.AddStep(d.t.Context(), d.user, in)
		if faults, _ := errs.InputOf(err); len(faults) != 1 || faults[0].Reason != errs.LimitReached {
			d.t.Errorf("a ninth step: %v", err)
		}
		_, err = d.RemoveStep(d.t.Context(), d.user, steps[1].ID.String(), nil)
		if err != nil || d.order(p.ID) != "xac0123" {
			d.t.Errorf("removed: %s, %v", d.order(p.ID), err)
		}
		one, last := d.draft(1)
		_, err = d.RemoveStep(d.t.Context(), d.user, last[0].ID.String(), nil)
		d.wantFault("the last step", err, "stepId")
		_, err = d.Delete(d.t.Context(), d.user, one.ID.String())
		d.must(err)
		_, err = d.Delete(d.t.Context(), d.user, one.ID.String())
		d.wantCode("deleted twice", err, errs.NotFound)
	})
}

// TestPlansOfOtherUsersAreNotFound by any of the operations.
func TestPlansOfOtherUsersAreNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		p, steps := d.draft(2)
		stranger, ctx := storetest.User(d.t, d.st), d.t.Context()
		for name, call := range map[string]func(plan, step string) error{
			"apply":  func(plan, _ string) error { _, err := d.Apply(ctx, stranger, plan, d.key()); return err },
			"delete": func(plan, _ string) error { _, err := d.Delete(ctx, stranger, plan); return err },
			"reorder": func(plan, step string) error {
				_, err := d.Reorder(ctx, stranger, plan, []string{step}, nil)
				return err
			},
			"add": func(plan, _ string) error {
				_, err := d.AddStep(ctx, stranger, planner.AddStepInput{PlanID: plan, Step: planner.StepInput{Title: ptr("t"), Prompts: []string{"p"}}, Key: d.key()})
				return err
			},
			"remove": func(_, step string) error { _, err := d.RemoveStep(ctx, stranger, step, nil); return err },
			"change": func(_, step string) error {
				_, err := d.UpdateStep(ctx, stranger, planner.UpdateStepInput{StepID: step, Step: planner.StepInput{Title: ptr("t")}})
				return err
			},
			"replan": func(plan, step string) error {
				_, err := d.Replan(ctx, stranger, planner.ReplanInput{PlanID: plan, FromStepID: step, Key: d.key()})
				return err
			},
			"run": func(_, step string) error {
				_, err := d.Run(ctx, stranger, planner.RunInput{StepID: step, Key: d.key()})
				return err
			},
		} {
			d.wantCode(name, call(p.ID.String(), steps[0].ID.String()), errs.NotFound)
			d.wantCode(name+", unknown", call(oid.New[oid.Plan]().String(), oid.New[oid.PlanStep]().String()), errs.NotFound)
			d.wantCode(name+", malformed", call("plan_1", "step_1"), errs.NotFound)
		}
		if got := d.order(p.ID); got != "ab" {
			d.t.Errorf("the plan is %s", got)
		}
	})
}

// TestRunBeginsAStepInItsChat, once per key, and its status follows the last message of the chat.
func TestRunBeginsAStepInItsChat(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		p, steps := d.draft(2)
		ctx, step := d.t.Context(), steps[0].ID.String()
		_, err := d.Run(ctx, d.user, planner.RunInput{StepID: step, Key: d.key()})
		d.wantFault("before its plan is applied", err, "stepId")
		_, err = d.Apply(ctx, d.user, p.ID.String(), d.key())
		d.must(err)
		_, err = d.Run(ctx, d.user, planner.RunInput{StepID: step, PromptIndex: 2, Key: d.key()})
		d.wantFault("a prompt there is not", err, "promptIndex")
		_, err = d.Run(ctx, d.user, planner.RunInput{StepID: step, Prompt: ptr(""), Key: d.key()})
		d.wantFault("an empty prompt", err, "prompt")
		d.wantStatus(p, planner.NotStarted)
		in := planner.RunInput{StepID: step, Key: d.key()}
		begun, err := d.Run(ctx, d.user, in)
		d.must(err)
		again, err := d.Run(ctx, d.user, in)
		if err != nil || again != begun || begun.Reply == (oid.Message{}) {
			d.t.Errorf("begun %v, again %v, %v", begun, again, err)
		}
		for status, want := range map[message.Status]planner.StepStatus{
			message.StatusPending: planner.Running, message.StatusStreaming: planner.Running, message.StatusFailed: planner.Failed,
			message.StatusInterrupted: planner.Failed, message.StatusStopped: planner.Done, message.StatusCompleted: planner.Done,
		} {
			d.must(d.st.Client().Message.UpdateOneID(begun.Reply).SetStatus(status).Exec(ctx))
			d.wantStatus(p, want)
			_, err := d.Replan(ctx, d.user, planner.ReplanInput{PlanID: p.ID.String(), FromStepID: step, Key: d.key()})
			switch want {
			case planner.Done, planner.Running:
				d.wantFault("plan anew what is "+string(want), err, "fromStepId")
			default:
				d.must(err)
				d.must(d.st.Client().Job.Update().SetStatus(entjob.StatusCancelled).Exec(ctx))
			}
		}
	})
}

// wantStatus requires the status of a plan's first step.
func (d *fixture) wantStatus(p *ent.Plan, want planner.StepStatus) {
	d.t.Helper()
	all, err := d.Steps(d.t.Context(), []oid.Plan{p.ID})
	d.must(err)
	got, err := d.Statuses(d.t.Context(), all[p.ID])
	d.must(err)
	if got[all[p.ID][0].ID] != want || got[all[p.ID][1].ID] != planner.NotStarted {
		d.t.Errorf("the steps are %v, the first should be %s", got, want)
	}
}

func TestAnAnswerForADeletedPlanIsDiscarded(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		p, steps := d.draft(2)
		j, err := d.Replan(d.t.Context(), d.user, planner.ReplanInput{PlanID: p.ID.String(), FromStepID: steps[1].ID.String(), Wish: ptr("shorter"), Key: d.key()})
		d.must(err)
		made, err := d.composer.Compose(d.t.Context(), j, func(*float64, string) {})
		d.must(err)
		_, err = d.Delete(d.t.Context(), d.user, p.ID.String())
		d.must(err)
		d.must(d.st.Tx(d.t.Context(), made.Save))
		plans, left := d.st.Client().Plan.Query().CountX(d.t.Context()), d.st.Client().PlanStep.Query().CountX(d.t.Context())
		if plans != 0 || left != 0 {
			d.t.Errorf("%d plans and %d steps are there again", plans, left)
		}
	})
}
