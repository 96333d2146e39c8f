package client

import (
	"context"
	"fmt"
)

// planFields are the fields of a plan that a client shows.
const planFields = `fragment P on Plan {
  id goal title summary language status stepsDone
  folder { id name }
  steps { id position title intent kind status reason model { id name } prompts chat { id title } }
} `

// Plan is a plan as a client shows it.
type Plan struct {
	ID, Goal, Title, Summary, Language, Status string
	StepsDone                                  int
	Folder                                     *struct{ ID, Name string }
	Steps                                      []PlanStep
}

// PlanStep is a step as a client shows it.
type PlanStep struct {
	ID, Title, Intent, Kind, Status, Reason string
	Position                                int
	Model                                   *struct{ ID, Name string }
	Prompts                                 []string
	Chat                                    *struct{ ID, Title string }
}

// PlanProject creates the job that plans a goal.
func (c *Client) PlanProject(ctx context.Context, goal, key string) (Job, error) {
	var out struct{ PlanProject jobPayload }
	err := c.Do(ctx, `mutation ($goal: String!, $key: String!) { planProject(input: {goal: $goal, idempotencyKey: $key}) {
		job { ...J } userErrors { message path ... on PlanProjectUserError { code } } } } `+jobFields,
		map[string]any{"goal": goal, "key": key}, &out)
	return out.PlanProject.read(err)
}

// PlanOf reads the plan that a job made.
func (c *Client) PlanOf(ctx context.Context, jobID string) (Plan, error) {
	var out struct {
		Node *struct{ Result *struct{ Plan *Plan } }
	}
	err := c.Do(ctx, `query ($id: ID!) { node(id: $id) { ... on Job { result { plan { ...P } } } } } `+planFields, map[string]any{"id": jobID}, &out)
	if err == nil && (out.Node == nil || out.Node.Result == nil || out.Node.Result.Plan == nil) {
		err = fmt.Errorf("client: the job %s made no plan", jobID)
	}
	if err != nil {
		return Plan{}, err
	}
	return *out.Node.Result.Plan, nil
}

// Plan reads a plan.
func (c *Client) Plan(ctx context.Context, id string) (Plan, error) {
	var out struct{ Node *Plan }
	err := c.Do(ctx, `query ($id: ID!) { node(id: $id) { ...P } } `+planFields, map[string]any{"id": id}, &out)
	if err == nil && out.Node == nil {
		err = fmt.Errorf("client: no plan %s", id)
	}
	if err != nil {
		return Plan{}, err
	}
	return *out.Node, nil
}

// ApplyPlan creates the folder and the chats of a plan.
func (c *Client) ApplyPlan(ctx context.Context, id, key string) (Plan, error) {
	var out struct {
		ApplyPlan struct {
			Plan       *Plan
			UserErrors []UserError
		}
	}
	err := c.Do(ctx, `mutation ($id: ID!, $key: String!) { applyPlan(input: {planId: $id, idempotencyKey: $key}) {
		plan { ...P } userErrors { message path ... on ApplyPlanUserError { code } } } } `+planFields, map[string]any{"id": id, "key": key}, &out)
	if err == nil && out.ApplyPlan.Plan == nil {
		err = fmt.Errorf("client: %+v", out.ApplyPlan.UserErrors)
	}
	if err != nil {
		return Plan{}, err
	}
	return *out.ApplyPlan.Plan, nil
}

// Begun is what runStep started; one field is set.
type Begun struct{ ReplyID, JobID string }

// RunStep runs a step with its first prompt.
func (c *Client) RunStep(ctx context.Context, stepID, key string) (Begun, error) {
	var out struct {
		RunStep struct {
			Reply, Job *struct{ ID string }
			UserErrors []UserError
		}
	}
	err := c.Do(ctx, `mutation ($id: ID!, $key: String!) { runStep(input: {stepId: $id, idempotencyKey: $key}) {
		reply { id } job { id } userErrors { message path ... on RunStepUserError { code } } } }`, map[string]any{"id": stepID, "key": key}, &out)
	switch {
	case err != nil:
		return Begun{}, err
	case out.RunStep.Reply != nil:
		return Begun{ReplyID: out.RunStep.Reply.ID}, nil
	case out.RunStep.Job != nil:
		return Begun{JobID: out.RunStep.Job.ID}, nil
	}
	return Begun{}, fmt.Errorf("client: %+v", out.RunStep.UserErrors)
}
