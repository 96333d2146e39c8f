package folder

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// OpenProject makes the folder of a plan. The caller has locked the person, so the count is exact.
func (s *Service) OpenProject(ctx context.Context, tx *store.Tx, user oid.User, name string) (*ent.Folder, error) {
	if err := room(ctx, tx, user); err != nil {
		return nil, err
	}
	f, err := tx.Client().Folder.Create().SetUserID(user).SetName(name).SetType(entfolder.TypeProject).
		SetCreatedAt(store.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("folder: open project: %w", err)
	}
	feed.Record(tx, user, feed.FolderSaved, feed.Facts{Folder: f.ID})
	return f, nil
}

// Hold keeps a folder of user from being deleted until the transaction ends, and tells whether it stands.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, user oid.User, id oid.Folder) (bool, error) {
	_, err := s.lock(ctx, tx, user, id.String(), entfolder.DeletedAtIsNil())
	if errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}
