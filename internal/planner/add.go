package planner

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// AddStepInput is a step to add.
type AddStepInput struct {
	PlanID string
	// Position counts from 1; nil adds the step at the end.
	Position *int
	Step     StepInput
	Key      string
}

// AddStep adds a step to a plan of user, once per key.
func (s *Service) AddStep(ctx context.Context, user oid.User, in AddStepInput) (*ent.PlanStep, error) {
	if err := in.Step.check(); err != nil {
		return nil, err
	}
	var id oid.PlanStep
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.Store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.lockNamed(ctx, tx, user, in.PlanID)
		if err != nil {
			return err
		}
		_, err = s.edit(ctx, tx, p, func(steps []*ent.PlanStep) error {
			id, err = s.insert(ctx, tx, p, steps, in)
			return err
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	// A repetition of the key returns only the stored id, so the step is read here in both cases.
	return found(s.Store.Client().PlanStep.Query().Where(planstep.ID(id), planstep.UserID(user)).Only(ctx))
}

// insert stores a step at its position. Later steps move down.
func (s *Service) insert(ctx context.Context, tx *store.Tx, p *ent.Plan, steps []*ent.PlanStep, in AddStepInput) (oid.PlanStep, error) {
	if len(steps) >= MaxSteps {
		return oid.PlanStep{}, errFull()
	}
	place := len(steps) + 1
	if in.Position != nil {
		place = *in.Position
	}
	if place < 1 || place > len(steps)+1 {
		return oid.PlanStep{}, errs.Input(errs.InvalidValue, "position", "The position must be from 1 to %d.", len(steps)+1)
	}
	m, err := s.modelOf(in.Step, catalog.Text, "")
	if err != nil {
		return oid.PlanStep{}, err
	}
	depends, err := dependencies(steps, in.Step.DependsOnIDs, place)
	if err != nil {
		return oid.PlanStep{}, err
	}
	// The others move first, so that two steps never share a position.
	err = tx.Client().PlanStep.Update().Where(planstep.PlanID(p.ID), planstep.PositionGTE(place)).AddPosition(1).Exec(ctx)
	if err != nil {
		return oid.PlanStep{}, wrap("add step", err)
	}
	st, err := tx.Client().PlanStep.Create().SetPlanID(p.ID).SetUserID(p.UserID).SetPosition(place).
		SetTitle(*in.Step.Title).SetNillableIntent(in.Step.Intent).SetNillableInstruction(in.Step.Instruction).
		SetKind(planstep.Kind(m.Kind)).SetModel(m.ID).SetPrompts(in.Step.Prompts).SetDependsOn(depends).
		SetCreatedAt(store.Now()).Save(ctx)
	if err != nil {
		return oid.PlanStep{}, wrap("add step", err)
	}
	return st.ID, nil
}
