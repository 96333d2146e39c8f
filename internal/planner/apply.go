package planner

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entplan "github.com/weav-ai/weav/ent/plan"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// Apply makes the folder of a plan of user and a chat for each of its steps, in one transaction. A plan that is applied
// already answers what was made, whatever the key.
func (s *Service) Apply(ctx context.Context, user oid.User, plan, idempotencyKey string) (*ent.Plan, error) {
	var id oid.Plan
	key := store.Key{User: user, Key: idempotencyKey, Input: plan}
	_, err := s.Store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		p, err := s.lockNamed(ctx, tx, user, plan)
		if err != nil {
			return err
		}
		id = p.ID
		if p.AppliedAt != nil {
			return nil
		}
		return s.apply(ctx, tx, p)
	})
	if err != nil {
		return nil, err
	}
	return found(s.Store.Client().Plan.Query().Where(entplan.ID(id), entplan.UserID(user)).Only(ctx))
}

func (s *Service) apply(ctx context.Context, tx *store.Tx, p *ent.Plan) error {
	steps, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, st := range steps {
		if _, err := s.Catalog.Usable(catalog.Kind(st.Kind), st.Model); err != nil {
			return stepFault(st, err)
		}
	}
	f, err := s.Folders.OpenProject(ctx, tx, p.UserID, text.Truncate(p.Title, folderName))
	if err != nil {
		return err
	}
	p.FolderID = &f.ID
	if err := s.openChats(ctx, tx, p, steps, steps); err != nil {
		return err
	}
	_, err = touch(ctx, tx, p, func(u *ent.PlanUpdateOne) { u.SetFolderID(f.ID).SetAppliedAt(store.Now()) })
	return err
}

// folderName is the longest name of a folder.
const folderName = 100

// stepFault says which step a fault of a model is about.
func stepFault(st *ent.PlanStep, err error) error {
	faults, ok := errs.InputOf(err)
	if !ok {
		return err
	}
	for i := range faults {
		faults[i] = errs.Fault(faults[i].Reason, []string{"input", "planId"}, errs.Textf("Step %d: %s", st.Position, faults[i].Text))
	}
	return faults
}

// openChats makes the chats of fresh steps, if the plan's folder still stands.
func (s *Service) openChats(ctx context.Context, tx *store.Tx, p *ent.Plan, all, fresh []*ent.PlanStep) error {
	if p.FolderID == nil || len(fresh) == 0 {
		return nil
	}
	stands, err := s.Folders.Hold(ctx, tx, p.UserID, *p.FolderID)
	if err != nil || !stands {
		return err
	}
	for _, st := range fresh {
		m, _ := s.Catalog.Get(st.Model)
		c, err := s.Chats.Open(ctx, tx, p.UserID, chat.Opening{
			Brief: s.brief(p, all, st), Folder: *p.FolderID, Welcome: welcome(p, st, m),
		})
		if err != nil {
			return err
		}
		if err := tx.Client().PlanStep.UpdateOneID(st.ID).SetChatID(c.ID).Exec(ctx); err != nil {
			return wrap("open chat", err)
		}
	}
	return nil
}
