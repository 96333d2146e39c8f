package planner

import (
	"context"
	"slices"
	"strconv"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// StepInput describes a step. In a change nil fields stay unchanged; in a new step they get defaults.
type StepInput struct {
	Title, Intent *string
	Kind          *catalog.Kind
	ModelID       *string
	Instruction   *string
	Prompts       []string
	DependsOnIDs  []string
}

// UpdateStepInput is a change of a step.
type UpdateStepInput struct {
	StepID     string
	Step       StepInput
	IfRevision *int
}

// UpdateStep changes a step of user. IfRevision makes it a CONFLICT after any other change of the plan.
func (s *Service) UpdateStep(ctx context.Context, user oid.User, in UpdateStepInput) (*ent.PlanStep, error) {
	if err := in.Step.check(); err != nil {
		return nil, err
	}
	var saved *ent.PlanStep
	err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, st, err := s.lockStep(ctx, tx, user, in.StepID, in.IfRevision)
		if err != nil {
			return err
		}
		_, err = s.edit(ctx, tx, p, func([]*ent.PlanStep) error {
			saved, err = s.change(ctx, tx, p, st, in.Step)
			return err
		})
		return err
	})
	return saved, err
}

// check checks the lengths of a step's texts and reports all faults at once.
func (in StepInput) check() error {
	var c text.Checker
	optional := func(field string, v *string, least, most int) {
		if v != nil {
			c.Text(field, *v, least, most)
		}
	}
	optional("title", in.Title, 1, MaxTitleChars)
	optional("intent", in.Intent, 0, MaxIntentChars)
	optional("instruction", in.Instruction, 0, MaxInstructionChars)
	if in.Prompts != nil && (len(in.Prompts) < 1 || len(in.Prompts) > MaxPrompts) {
		c.Fail(errs.InvalidValue, "prompts", "Give 1 to %d prompts.", MaxPrompts)
	}
	for i, p := range in.Prompts[:min(len(in.Prompts), MaxPrompts)] {
		c.Text("prompts."+strconv.Itoa(i), p, 1, MaxPromptChars)
	}
	return c.Err()
}

// change stores the given fields of a step. The reason is the planner's, so it is cleared when the user
// chooses another model.
func (s *Service) change(ctx context.Context, tx *store.Tx, p *ent.Plan, st *ent.PlanStep, in StepInput) (*ent.PlanStep, error) {
	u := tx.Client().PlanStep.UpdateOneID(st.ID).SetNillableTitle(in.Title).SetNillableIntent(in.Intent).SetNillableInstruction(in.Instruction)
	if in.Prompts != nil {
		u.SetPrompts(in.Prompts)
	}
	m, err := s.modelOf(in, catalog.Kind(st.Kind), st.Model)
	if err != nil {
		return nil, err
	}
	if m.ID != st.Model {
		u.SetKind(planstep.Kind(m.Kind)).SetModel(m.ID).SetReason("")
	}
	if in.DependsOnIDs != nil {
		// The steps are read behind the lock, so their positions are current.
		steps, err := stepsIn(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		depends, err := dependencies(steps, in.DependsOnIDs, st.Position)
		if err != nil {
			return nil, err
		}
		u.SetDependsOn(depends)
	}
	saved, err := u.Save(ctx)
	return saved, wrap("change step", err)
}

// modelOf is the model of a step: the named one, the present one, or the default of its new kind.
func (s *Service) modelOf(in StepInput, kind catalog.Kind, has string) (catalog.Model, error) {
	wanted := kind
	if in.Kind != nil {
		wanted = *in.Kind
	}
	switch {
	case in.ModelID != nil:
		return s.Catalog.Usable(wanted, *in.ModelID)
	// A model makes one kind, so another kind needs another model.
	case has == "" || wanted != kind:
		return s.Catalog.DefaultOf(wanted)
	}
	if m, ok := s.Catalog.Get(has); ok {
		return m, nil
	}
	return catalog.Model{ID: has, Kind: kind}, nil // A model that was removed from the catalogue remains until the step is changed.
}

// dependencies parses the named steps, each of which must precede position.
func dependencies(steps []*ent.PlanStep, ids []string, position int) ([]oid.PlanStep, error) {
	out := make([]oid.PlanStep, 0, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(steps, func(st *ent.PlanStep) bool { return st.ID.String() == id })
		if at < 0 {
			return nil, errNotFound()
		}
		if steps[at].Position >= position {
			return nil, errs.Input(errs.InvalidValue, "dependsOnIds."+strconv.Itoa(i), "A step can depend on earlier steps of its plan only.")
		}
		if !slices.Contains(out, steps[at].ID) {
			out = append(out, steps[at].ID)
		}
	}
	return out, nil
}
