package planner

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entplan "github.com/weav-ai/weav/ent/plan"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// listKind binds cursors to lists of plans, so that a cursor of another list is refused.
const listKind = "plans"

// Cursor is the position of a plan in lists, which begin with the newest.
func Cursor(p *ent.Plan) string { return page.Encode(listKind, p.ID.String()) }

// List returns a page of the plans of user, the newest first.
func (s *Service) List(ctx context.Context, user oid.User, args page.Args) (*page.Result[*ent.Plan], error) {
	w, err := page.Parse(listKind, args)
	if err != nil {
		return nil, err
	}
	q := s.Store.Client().Plan.Query().Where(entplan.UserID(user)).Order(entplan.ByID(sql.OrderDesc()))
	if w.After != nil {
		after, err := page.ID[oid.Plan]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(entplan.IDLT(after))
	}
	// One row more than requested shows whether there is a next page.
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("list", err)
	}
	return page.Of(rows, w), nil
}

// ByIDs returns plans of user, in no particular order.
func (s *Service) ByIDs(ctx context.Context, user oid.User, ids []oid.Plan) ([]*ent.Plan, error) {
	rows, err := s.Store.Client().Plan.Query().Where(entplan.IDIn(ids...), entplan.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// OfFolders returns the plans of user from which folders were created.
func (s *Service) OfFolders(ctx context.Context, user oid.User, folders []oid.Folder) ([]*ent.Plan, error) {
	rows, err := s.Store.Client().Plan.Query().Where(entplan.FolderIDIn(folders...), entplan.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// StepsByID returns steps of user, in no particular order.
func (s *Service) StepsByID(ctx context.Context, user oid.User, ids []oid.PlanStep) ([]*ent.PlanStep, error) {
	rows, err := s.Store.Client().PlanStep.Query().Where(planstep.IDIn(ids...), planstep.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// StepsOfChats returns the steps of user to which chats belong.
func (s *Service) StepsOfChats(ctx context.Context, user oid.User, chats []oid.Chat) ([]*ent.PlanStep, error) {
	rows, err := s.Store.Client().PlanStep.Query().Where(planstep.ChatIDIn(chats...), planstep.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// Steps returns the steps of plans, each in their order.
func (s *Service) Steps(ctx context.Context, plans []oid.Plan) (map[oid.Plan][]*ent.PlanStep, error) {
	rows, err := s.Store.Client().PlanStep.Query().Where(planstep.PlanIDIn(plans...)).
		Order(planstep.ByPosition(), planstep.ByID()).All(ctx)
	if err != nil {
		return nil, wrap("steps", err)
	}
	byPlan := make(map[oid.Plan][]*ent.PlanStep, len(plans))
	for _, st := range rows {
		byPlan[st.PlanID] = append(byPlan[st.PlanID], st)
	}
	return byPlan, nil
}
