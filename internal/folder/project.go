package folder

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// OpenProject makes the folder of a plan. The caller has locked the person, so the count is exact.
func (s *Service) OpenProject(ctx context.Context, tx *store.Tx, user oid.User, name string) (*ent.Folder, error) {
	return add(ctx, tx, user, name, entfolder.TypeProject)
}

// Hold keeps a folder of user from being deleted until the transaction ends, and tells whether it stands.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, user oid.User, id oid.Folder) (bool, error) {
	_, err := s.lock(ctx, tx, user, id.String(), entfolder.DeletedAtIsNil())
	if errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}
