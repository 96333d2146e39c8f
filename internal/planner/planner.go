// Package planner turns a goal into a plan of steps, and a plan into a project folder with one chat per step.
//
// Planning is a job of kind PLAN: the model's answer is held to a JSON schema, checked here, repaired once, and
// becomes a plan in the transaction that ends the job, or nothing at all.
package planner

// Status says whether the folder of a plan was made.
type Status string

// The statuses of a plan.
const (
	Draft   Status = "DRAFT"
	Applied Status = "APPLIED"
)

// StepStatus says how far a step is, by what stands last in its chat.
type StepStatus string

// The statuses of a step.
const (
	NotStarted StepStatus = "NOT_STARTED"
	Running    StepStatus = "RUNNING"
	Done       StepStatus = "DONE"
	Failed     StepStatus = "FAILED"
)
