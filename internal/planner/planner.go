// Package planner turns a goal into a plan of steps, and a plan into a project folder with one chat per step.
//
// Planning is a job of kind PLAN. The model's answer must match a JSON schema and is checked here. A faulty
// answer is corrected in one more round. It becomes a plan in the transaction that ends the job, or nothing
// at all.
//
// The progress of an applied plan is read from the last messages of its chats. Nothing is counted separately,
// so nothing can differ.
package planner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/weav-ai/weav/ent"
	entplan "github.com/weav-ai/weav/ent/plan"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// The limits of plans; those of texts are in Unicode code points.
const (
	MaxGoalChars        = 4000
	MaxWishChars        = 2000
	MaxTitleChars       = 200
	MaxSummaryChars     = 2000
	MaxIntentChars      = 1000
	MaxReasonChars      = 500
	MaxInstructionChars = 1500
	MaxPromptChars      = 1000
	MaxPrompts          = 4
	MaxSteps            = 8
	// minSteps and minPrompts are the fewest that a model may propose. A user may remove more.
	minSteps   = 2
	minPrompts = 2
)

// Status says whether the folder of a plan exists.
type Status string

// The statuses of a plan.
const (
	Draft   Status = "DRAFT"
	Applied Status = "APPLIED"
)

// StatusOf returns the status of a plan.
func StatusOf(p *ent.Plan) Status {
	if p.AppliedAt == nil {
		return Draft
	}
	return Applied
}

// StepStatus is the progress of a step, by the last message of its chat.
type StepStatus string

// The statuses of a step.
const (
	NotStarted StepStatus = "NOT_STARTED"
	Running    StepStatus = "RUNNING"
	Done       StepStatus = "DONE"
	Failed     StepStatus = "FAILED"
)

// Parts are the dependencies of the domain of plans.
type Parts struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	// Router must not retry texts itself: the attempts are those of the job.
	Router  *ai.Router
	Folders *folder.Service
	Chats   *chat.Service
	// Memberships decide which models are open to a user.
	Memberships *membership.Plans
	Log         *slog.Logger
}

// isOpenTo returns a function that reports which models a user may use through an API key; nil for a session.
func (p Parts) isOpenTo(ctx context.Context, c *ent.Client, user oid.User, key *auth.Grant) (func(catalog.Model) bool, error) {
	m, err := p.Memberships.Holder(ctx, c, user, store.Now())
	if err != nil {
		return nil, err
	}
	who := catalog.Viewer{SignedIn: true, Plan: m.ActsAs, Opens: key.Opens}
	return func(m catalog.Model) bool { return p.Catalog.Obstacle(m, who) == "" }, nil
}

// Service is the domain of plans. It is safe for concurrent use.
type Service struct {
	Parts
	jobs *job.Service
}

// New returns the domain of plans. j must compose its jobs with a [Composer] of the same parts.
func New(p Parts, j *job.Service) *Service { return &Service{Parts: p, jobs: j} }

// errNotFound is the same for unknown, malformed and foreign ids, so that an id cannot be probed.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	if ent.IsNotFound(err) {
		return zero, errNotFound()
	}
	return row, wrap("read", err)
}

// wrap adds what was being done to an error. Nil and errors for the caller are returned unchanged.
func wrap(what string, err error) error {
	var typed *errs.Error
	if err == nil || errors.As(err, &typed) {
		return err
	}
	return fmt.Errorf("planner: %s: %w", what, err)
}

// lock reads a plan of user and locks it until the transaction ends. With ifRevision it is a CONFLICT unless
// the plan has that revision. SQLite runs one write transaction at a time, so only Postgres needs the row
// lock.
func (s *Service) lock(ctx context.Context, tx *store.Tx, user oid.User, id oid.Plan, ifRevision *int) (*ent.Plan, error) {
	q := tx.Client().Plan.Query().Where(entplan.ID(id), entplan.UserID(user))
	if s.Store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	p, err := found(q.Only(ctx))
	if err != nil {
		return nil, err
	}
	if ifRevision != nil && *ifRevision != p.Revision {
		return nil, errs.New(errs.Conflict, "The plan was changed since you read it.").With("revision", p.Revision)
	}
	return p, nil
}

// lockNamed is lock by the id of the API.
func (s *Service) lockNamed(ctx context.Context, tx *store.Tx, user oid.User, id string) (*ent.Plan, error) {
	pid, err := oid.Parse[oid.Plan](id)
	if err != nil {
		return nil, errNotFound()
	}
	return s.lock(ctx, tx, user, pid, nil)
}

// lockStep reads a step of user with its plan, which is locked.
func (s *Service) lockStep(ctx context.Context, tx *store.Tx, user oid.User, id string, ifRevision *int) (*ent.Plan, *ent.PlanStep, error) {
	sid, err := oid.Parse[oid.PlanStep](id)
	if err != nil {
		return nil, nil, errNotFound()
	}
	own := tx.Client().PlanStep.Query().Where(planstep.ID(sid), planstep.UserID(user))
	st, err := found(own.Clone().Only(ctx))
	if err != nil {
		return nil, nil, err
	}
	p, err := s.lock(ctx, tx, user, st.PlanID, ifRevision)
	if err != nil {
		return nil, nil, err
	}
	st, err = found(own.Only(ctx)) // Read again behind the lock.
	return p, st, err
}

// stepsIn returns the steps of a plan in order.
func stepsIn(ctx context.Context, tx *store.Tx, plan oid.Plan) ([]*ent.PlanStep, error) {
	steps, err := tx.Client().PlanStep.Query().Where(planstep.PlanID(plan)).
		Order(planstep.ByPosition(), planstep.ByID()).All(ctx)
	return steps, wrap("steps", err)
}

// touch increments the revision of a plan and publishes the change.
func touch(ctx context.Context, tx *store.Tx, p *ent.Plan, more ...func(*ent.PlanUpdateOne)) (*ent.Plan, error) {
	u := tx.Client().Plan.UpdateOneID(p.ID).AddRevision(1).SetUpdatedAt(store.Now())
	for _, m := range more {
		m(u)
	}
	saved, err := u.Save(ctx)
	feed.Record(tx, p.UserID, feed.PlanSaved, feed.Facts{Plan: p.ID})
	return saved, wrap("save", err)
}
