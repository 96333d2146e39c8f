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

// Apply creates the folder of a plan of user and a chat for each of its steps, in one transaction. Applying a
// plan again returns what exists, whatever the key.
func (s *Service) Apply(ctx context.Context, user oid.User, plan, idempotencyKey string) (*ent.Plan, error) {
	var id oid.Plan
	key := store.Key{User: user, Key: idempotencyKey, Input: plan}
	_, err := s.Store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		// The user is locked first, since folders and chats are created behind that lock.
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		p, err := s.lockNamed(ctx, tx, user, plan)
		if err != nil {
			return err
		}
		id = p.ID
		// Another key must not create a second folder.
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

// apply checks all models before it creates anything, so that the error names the step.
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
	// openChats reads the folder from the plan, which touch stores below.
	p.FolderID = &f.ID
	if err := s.openChats(ctx, tx, p, steps, steps); err != nil {
		return err
	}
	_, err = touch(ctx, tx, p, func(u *ent.PlanUpdateOne) { u.SetFolderID(f.ID).SetAppliedAt(store.Now()) })
	return err
}

// folderName is the longest name of a folder.
const folderName = 100

// stepFault names the step in an input error about its model.
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

// openChats creates the chats of new steps. A folder that was deleted gets none.
func (s *Service) openChats(ctx context.Context, tx *store.Tx, p *ent.Plan, all, fresh []*ent.PlanStep) error {
	if p.FolderID == nil || len(fresh) == 0 {
		return nil
	}
	stands, err := s.Folders.Hold(ctx, tx, p.UserID, *p.FolderID)
	if err != nil || !stands {
		return err
	}
	for _, st := range fresh {
		// A model that the catalogue dropped leaves its name empty in the welcome.
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
