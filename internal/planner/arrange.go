package planner

import (
	"context"
	"slices"

	"github.com/weav-ai/weav/ent"
	entplan "github.com/weav-ai/weav/ent/plan"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// RemoveStep removes a step of user from its plan.
func (s *Service) RemoveStep(ctx context.Context, user oid.User, id string, ifRevision *int) (*ent.Plan, error) {
	var saved *ent.Plan
	err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, st, err := s.lockStep(ctx, tx, user, id, ifRevision)
		if err != nil {
			return err
		}
		saved, err = s.edit(ctx, tx, p, func(steps []*ent.PlanStep) error {
			// A plan without steps can neither be applied nor be planned again.
			if len(steps) == 1 {
				return errs.Input(errs.InvalidValue, "stepId", "A plan keeps at least one step. Delete the plan instead.")
			}
			kept := slices.DeleteFunc(slices.Clone(steps), func(other *ent.PlanStep) bool { return other.ID == st.ID })
			return drop(ctx, tx, kept, []*ent.PlanStep{st})
		})
		return err
	})
	return saved, err
}

// Reorder changes the order of the steps of a plan of user.
func (s *Service) Reorder(ctx context.Context, user oid.User, plan string, ids []string, ifRevision *int) (*ent.Plan, error) {
	pid, err := oid.Parse[oid.Plan](plan)
	if err != nil {
		return nil, errNotFound()
	}
	var saved *ent.Plan
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.lock(ctx, tx, user, pid, ifRevision)
		if err != nil {
			return err
		}
		saved, err = s.edit(ctx, tx, p, func(steps []*ent.PlanStep) error { return arrange(ctx, tx, steps, ids) })
		return err
	})
	return saved, err
}

// arrange stores the positions that ids give the steps.
func arrange(ctx context.Context, tx *store.Tx, steps []*ent.PlanStep, ids []string) error {
	places, err := arrangement(steps, ids)
	if err != nil {
		return err
	}
	for _, st := range steps {
		if err := tx.Client().PlanStep.UpdateOneID(st.ID).SetPosition(places[st.ID]).Exec(ctx); err != nil {
			return wrap("reorder", err)
		}
	}
	return nil
}

// arrangement is the position of each step in a new order. It refuses an order in which a step precedes one
// that it depends on.
func arrangement(steps []*ent.PlanStep, ids []string) (map[oid.PlanStep]int, error) {
	byID := make(map[string]*ent.PlanStep, len(steps))
	for _, st := range steps {
		byID[st.ID.String()] = st
	}
	places := make(map[oid.PlanStep]int, len(steps))
	for i, id := range ids {
		st, ok := byID[id]
		if !ok {
			return nil, errNotFound()
		}
		places[st.ID] = i + 1
	}
	// Both counts, since an id that is named twice leaves a step without a place.
	if len(ids) != len(steps) || len(places) != len(steps) {
		return nil, errs.Input(errs.InvalidValue, "stepIds", "Name each of the plan's %d steps once.", len(steps))
	}
	for _, st := range steps {
		for _, d := range st.DependsOn {
			if places[d] > places[st.ID] {
				return nil, errs.Input(errs.InvalidValue, "stepIds", "%q needs the result of a step that would stand behind it.", st.Title)
			}
		}
	}
	return places, nil
}

// Delete deletes a plan of user. Its folder and chats remain, because they hold the user's work.
func (s *Service) Delete(ctx context.Context, user oid.User, id string) (oid.Plan, error) {
	var deleted oid.Plan
	err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.lockNamed(ctx, tx, user, id)
		if err != nil {
			return err
		}
		// The steps refer to the plan, so they go first.
		if _, err := tx.Client().PlanStep.Delete().Where(planstep.PlanID(p.ID)).Exec(ctx); err != nil {
			return wrap("delete", err)
		}
		if _, err := tx.Client().Plan.Delete().Where(entplan.ID(p.ID)).Exec(ctx); err != nil {
			return wrap("delete", err)
		}
		deleted = p.ID
		feed.Record(tx, user, feed.PlanDeleted, feed.Facts{Plan: p.ID})
		return nil
	})
	return deleted, err
}
