// Package planner turns a goal into a plan of steps, and a plan into a project folder with one chat per step.
//
// Planning is a job of kind PLAN: the model's answer is held to a JSON schema, checked here, mended in one more
// round, and becomes a plan in the transaction that ends the job, or nothing at all. A plan that is applied
// knows how far its steps are by what stands last in their chats; nothing is counted twice.
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

// The limits of plans, in Unicode code points where they are of texts.
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
	// minSteps and minPrompts are the fewest that a model may propose; a person may leave fewer.
	minSteps   = 2
	minPrompts = 2
)

// Status says whether the folder of a plan was made.
type Status string

// The statuses of a plan.
const (
	Draft   Status = "DRAFT"
	Applied Status = "APPLIED"
)

// StatusOf says whether the folder of a plan was made.
func StatusOf(p *ent.Plan) Status {
	if p.AppliedAt == nil {
		return Draft
	}
	return Applied
}

// StepStatus says how far a step is, by what stands last in its chat.
type StepStatus string

// The statuses of a step.
const (
	NotStarted StepStatus = "NOT_STARTED"
	Running    StepStatus = "RUNNING"
	Done       StepStatus = "DONE"
	Failed     StepStatus = "FAILED"
)

// Parts are what the domain of plans is made of.
type Parts struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	// Router's writers of text must not repeat calls themselves: jobs count the attempts.
	Router  *ai.Router
	Folders *folder.Service
	Chats   *chat.Service
	// Memberships say which models are open to a person.
	Memberships *membership.Plans
	Log         *slog.Logger
}

// isOpenTo says which models a person may ask by a key, which is nil for a session.
func (p Parts) isOpenTo(ctx context.Context, c *ent.Client, user oid.User, key *auth.Grant) (func(catalog.Model) bool, error) {
	m, err := p.Memberships.Holder(ctx, c, user, store.Now())
	if err != nil {
		return nil, err
	}
	who := catalog.Viewer{SignedIn: true, Plan: m.ActsAs, Opens: key.Opens}
	return func(m catalog.Model) bool { return p.Catalog.Obstacle(m, who) == "" }, nil
}

// Service is the domain of plans.
type Service struct {
	Parts
	jobs *job.Service
}

// New returns the domain of plans. Its Composer must be the author of the jobs of j.
func New(p Parts, j *job.Service) *Service { return &Service{Parts: p, jobs: j} }

// errNotFound is the one answer for unknown, malformed and foreign ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	if ent.IsNotFound(err) {
		return zero, errNotFound()
	}
	return row, wrap("read", err)
}

// wrap names what failed; nil stays nil, and an error for the caller stays as it is.
func wrap(what string, err error) error {
	var told *errs.Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	return fmt.Errorf("planner: %s: %w", what, err)
}

// lock reads a plan of user, and keeps it from changing until the transaction ends. With ifRevision
// it is a CONFLICT unless the plan is at that one.
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

// lockNamed is lock by the id that the API shows.
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
	st, err = found(own.Only(ctx)) // As it is behind the lock.
	return p, st, err
}

// stepsIn are the steps of a plan in order.
func stepsIn(ctx context.Context, tx *store.Tx, plan oid.Plan) ([]*ent.PlanStep, error) {
	steps, err := tx.Client().PlanStep.Query().Where(planstep.PlanID(plan)).
		Order(planstep.ByPosition(), planstep.ByID()).All(ctx)
	return steps, wrap("steps", err)
}

// touch counts a change of a plan and tells of it.
func touch(ctx context.Context, tx *store.Tx, p *ent.Plan, more ...func(*ent.PlanUpdateOne)) (*ent.Plan, error) {
	u := tx.Client().Plan.UpdateOneID(p.ID).AddRevision(1).SetUpdatedAt(store.Now())
	for _, m := range more {
		m(u)
	}
	saved, err := u.Save(ctx)
	feed.Record(tx, p.UserID, feed.PlanSaved, feed.Facts{Plan: p.ID})
	return saved, wrap("save", err)
}
