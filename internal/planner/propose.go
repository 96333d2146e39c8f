package planner

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

// Currency is the currency of budgets, as of prices.
const Currency = "USD"

// Budget is the most that a plan should cost.
type Budget struct {
	AmountMicros int64
	Currency     string
}

// ProposeInput is a goal to plan.
type ProposeInput struct {
	Goal    string
	Budget  *Budget
	ModelID *string
	// MaxCost refuses a job that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	Key     string
}

// Propose orders a plan for a goal.
func (s *Service) Propose(ctx context.Context, user oid.User, in ProposeInput) (*ent.Job, error) {
	return s.submit(ctx, store.Key{User: user, Key: in.Key, Input: in}, s.proposing(user, in))
}

// ordering makes an order of this domain within a transaction. It is used both to order and to quote, so that
// the two agree.
type ordering func(ctx context.Context, tx *store.Tx) (job.InternalOrder, error)

// proposing makes the order of [Service.Propose].
func (s *Service) proposing(user oid.User, in ProposeInput) ordering {
	return func(ctx context.Context, tx *store.Tx) (job.InternalOrder, error) {
		args, err := checkGoal(in)
		if err != nil {
			return job.InternalOrder{}, err
		}
		m, err := s.planningModel(ctx, tx.Client(), user, in.ModelID)
		return job.InternalOrder{Kind: entjob.KindPlan, Model: m, Args: args, MaxCost: in.MaxCost}, err
	}
}

// checkGoal checks the input and returns the arguments of the job.
func checkGoal(in ProposeInput) (job.PlanArguments, error) {
	var c text.Checker
	c.Text("goal", in.Goal, 1, MaxGoalChars)
	args := job.PlanArguments{Goal: in.Goal}
	if b := in.Budget; b != nil {
		if b.AmountMicros < 1 {
			c.Fail(errs.InvalidValue, "budget.amountMicros", "The budget must be above 0.")
		}
		if b.Currency != Currency {
			c.Fail(errs.InvalidValue, "budget.currency", "Budgets are in USD, as prices are.")
		}
		args.BudgetMicros = &b.AmountMicros
	}
	return args, c.Err()
}

// submit orders a job of this domain, once per key.
func (s *Service) submit(ctx context.Context, key store.Key, order ordering) (*ent.Job, error) {
	var id oid.Job
	_, err := s.Store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = s.place(ctx, tx, key.User, order)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found(s.Store.Client().Job.Query().Where(entjob.ID(id), entjob.UserID(key.User)).Only(ctx))
}

// place submits an order within a transaction. The user is locked before the plan, as applyPlan and the end
// of a job do; another order could deadlock.
func (s *Service) place(ctx context.Context, tx *store.Tx, user oid.User, order ordering) (oid.Job, error) {
	if err := tx.LockUser(ctx, user); err != nil {
		return oid.Job{}, err
	}
	c, err := order(ctx, tx)
	if err != nil {
		return oid.Job{}, err
	}
	return s.jobs.SubmitInternal(ctx, tx, user, c)
}

// planningModel is the named model, or the first one that supports structured output and is open to the user
// and the API key. The default model comes first in the catalogue.
func (s *Service) planningModel(ctx context.Context, c *ent.Client, user oid.User, named *string) (catalog.Model, error) {
	if named != nil {
		m, err := s.Catalog.Usable(catalog.Text, *named)
		if err == nil && !m.Can(catalog.StructuredOutput) {
			return m, errs.Input(errs.InvalidValue, "modelId", "The model %s cannot plan. Choose one with the capability STRUCTURED_OUTPUT.", m.ID)
		}
		return m, err
	}
	key := keyOf(ctx)
	open, err := s.isOpenTo(ctx, c, user, key)
	if err != nil {
		return catalog.Model{}, err
	}
	for _, m := range s.Catalog.Models() {
		if _, err := s.Catalog.Usable(catalog.Text, m.ID); err == nil && m.Can(catalog.StructuredOutput) && open(m) {
			return m, nil
		}
	}
	// The key is at fault only if it excludes models. Otherwise no provider is configured.
	if key != nil && (key.IsTest || key.Models != nil) {
		return catalog.Model{}, errs.New(errs.Forbidden, "This API key may ask no model that can plan.")
	}
	return catalog.Model{}, errs.New(errs.Unavailable, "No model that can plan is on offer.")
}

// keyOf is the API key of the request; nil for a session.
func keyOf(ctx context.Context) *auth.Grant {
	p, _ := auth.From(ctx)
	return p.Grant
}

// ReplanInput says from which step a plan is planned again.
type ReplanInput struct {
	PlanID, FromStepID string
	Wish               *string
	// MaxCost refuses a job that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	Key     string
}

// Replan orders new steps for a plan, from one step on.
func (s *Service) Replan(ctx context.Context, user oid.User, in ReplanInput) (*ent.Job, error) {
	return s.submit(ctx, store.Key{User: user, Key: in.Key, Input: in}, s.replanning(user, in))
}

// replanning makes the order of [Service.Replan]. It locks the plan, so that the check holds when the job is
// stored.
func (s *Service) replanning(user oid.User, in ReplanInput) ordering {
	return func(ctx context.Context, tx *store.Tx) (job.InternalOrder, error) {
		wish := ""
		if in.Wish != nil {
			wish = *in.Wish
		}
		if err := text.Check("wish", wish, 0, MaxWishChars); err != nil {
			return job.InternalOrder{}, err
		}
		p, st, err := s.lockStep(ctx, tx, user, in.FromStepID, nil)
		if err != nil {
			return job.InternalOrder{}, err
		}
		if p.ID.String() != in.PlanID {
			return job.InternalOrder{}, errNotFound()
		}
		if err := s.replannable(ctx, tx, p, st); err != nil {
			return job.InternalOrder{}, err
		}
		m, err := s.planningModel(ctx, tx.Client(), user, nil)
		args := job.PlanArguments{Goal: p.Goal, BudgetMicros: p.BudgetMicros, PlanID: &p.ID, FromStep: &st.ID, Wish: wish}
		return job.InternalOrder{Kind: entjob.KindPlan, Model: m, Args: args, Plan: &p.ID, MaxCost: in.MaxCost}, err
	}
}

// replannable refuses a step that is done or running. The job checks it again when it ends.
func (s *Service) replannable(ctx context.Context, tx *store.Tx, p *ent.Plan, st *ent.PlanStep) error {
	steps, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	progress, err := statuses(ctx, tx.Client(), steps)
	if err != nil {
		return err
	}
	switch progress[st.ID] {
	case Done:
		return errs.Input(errs.InvalidValue, "fromStepId", "This step is done and stays. Begin with one that is not.")
	case Running:
		return errs.Input(errs.InvalidValue, "fromStepId", "This step is under way. Wait for it, or stop it first.")
	default:
		return nil
	}
}

// errFull says that a plan has as many steps as allowed.
func errFull() error {
	var c text.Checker
	c.Fail(errs.LimitReached, "", "A plan has at most %d steps. Remove one first.", MaxSteps)
	return c.Err()
}
