package folder

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// OpenProject makes the folder of a plan. The caller holds the lock on the user, so the count is exact.
func (s *Service) OpenProject(ctx context.Context, tx *store.Tx, user oid.User, name string) (*ent.Folder, error) {
	return add(ctx, tx, user, name, entfolder.TypeProject)
}

// Hold locks a folder of user against deletion until the transaction ends, and reports whether it exists.
func (s *Service) Hold(ctx context.Context, tx *store.Tx, user oid.User, id oid.Folder) (bool, error) {
	_, err := s.lock(ctx, tx, user, id.String(), entfolder.DeletedAtIsNil())
	if errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}
