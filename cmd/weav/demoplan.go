package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/internal/client"
)

// plan has a goal planned, creates its folder, runs the first step and shows the progress.
func (d *demonstration) plan(ctx context.Context, goal string) error {
	if _, err := d.client.SignIn(ctx, "demo@example.com"); err != nil {
		return err
	}
	d.seen = map[string]bool{}
	d.say("signed in as demo@example.com at %s", d.client.URL)
	plan, err := d.propose(ctx, goal)
	if err != nil {
		return err
	}
	d.show(plan)
	if plan, err = d.client.ApplyPlan(ctx, plan.ID, rand.Text()); err != nil {
		return err
	}
	d.say("applied: the folder %q with %d chats", plan.Folder.Name, len(plan.Steps))
	if err := d.begin(ctx, plan.Steps[0]); err != nil {
		return err
	}
	if plan, err = d.client.Plan(ctx, plan.ID); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n\n%s  (%d of %d steps done)\n", plan.Folder.Name, plan.StepsDone, len(plan.Steps))
	for _, st := range plan.Steps {
		fmt.Fprintf(d.out, "  %-12s %s\n", st.Status, st.Chat.Title)
	}
	if plan.StepsDone != 1 {
		return errors.New("demo: the first step is not done")
	}
	return nil
}

// propose orders the plan and shows its progress.
func (d *demonstration) propose(ctx context.Context, goal string) (client.Plan, error) {
	fmt.Fprintf(d.out, "\n> %s\n", goal)
	job, err := d.client.PlanProject(ctx, goal, rand.Text())
	if err != nil {
		return client.Plan{}, err
	}
	ended, err := d.watch(ctx, job.ID)
	if err != nil {
		return client.Plan{}, err
	}
	if ended.Failure != nil {
		return client.Plan{}, fmt.Errorf("demo: the plan failed: %s", ended.Failure.Message)
	}
	return d.client.PlanOf(ctx, job.ID)
}

// show prints a plan.
func (d *demonstration) show(plan client.Plan) {
	fmt.Fprintf(d.out, "\n%s\n%s\n\n", plan.Title, plan.Summary)
	for _, st := range plan.Steps {
		model := "a model that is gone"
		if st.Model != nil {
			model = st.Model.Name
		}
		fmt.Fprintf(d.out, "%d. %s  [%s, %s]\n   %s\n   %s\n", st.Position, st.Title, st.Kind, model, st.Intent, st.Reason)
		for _, p := range st.Prompts {
			fmt.Fprintf(d.out, "   - %s\n", p)
		}
	}
	fmt.Fprintln(d.out)
}

// begin runs a step and prints its result.
func (d *demonstration) begin(ctx context.Context, st client.PlanStep) (err error) {
	events, socket, err := d.follow(ctx, st.Chat.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, socket.Close()) }()
	begun, err := d.client.RunStep(ctx, st.ID, rand.Text())
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n> %s\n  ", st.Prompts[0])
	if begun.JobID != "" {
		_, err := d.watch(ctx, begun.JobID)
		return err
	}
	_, err = d.read(events, begun.ReplyID, 0)
	return err
}
