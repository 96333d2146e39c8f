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
	"github.com/weav-ai/weav/internal/text"
)

// CreateInput is a folder to make.
type CreateInput struct {
	Name string
	// Key is the idempotency key.
	Key string `json:"-"`
}

// Create makes a folder of user. There are never more than [MaxFolders], however many are made concurrently.
func (s *Service) Create(ctx context.Context, user oid.User, in CreateInput) (*ent.Folder, error) {
	if err := text.Check("name", in.Name, 1, MaxName); err != nil {
		return nil, err
	}
	var id oid.Folder
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		// The lock serializes creations of one user, so that the count is exact.
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		f, err := add(ctx, tx, user, in.Name, entfolder.TypeCustom)
		if err != nil {
			return err
		}
		id = f.ID
		return nil
	})
	if err != nil {
		return nil, err
	}
	// The folder is read after the commit, for a replay too, which returns the current state.
	return found(s.store.Client().Folder.Query().Where(entfolder.ID(id), entfolder.UserID(user), visible(store.Now())).Only(ctx))
}

// add makes a folder. The caller holds the lock on the user, so the count is exact.
func add(ctx context.Context, tx *store.Tx, user oid.User, name string, typ entfolder.Type) (*ent.Folder, error) {
	if err := checkLimit(ctx, tx, user); err != nil {
		return nil, err
	}
	f, err := tx.Client().Folder.Create().SetUserID(user).SetName(name).SetType(typ).SetCreatedAt(store.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("folder: create: %w", err)
	}
	feed.Record(tx, user, feed.FolderSaved, feed.Facts{Folder: f.ID})
	return f, nil
}

// checkLimit fails when a user has [MaxFolders] folders. It is exact while the caller holds the lock on the
// user.
func checkLimit(ctx context.Context, tx *store.Tx, user oid.User) error {
	n, err := tx.Client().Folder.Query().Where(entfolder.UserID(user), entfolder.DeletedAtIsNil()).Count(ctx)
	if err != nil {
		return fmt.Errorf("folder: count: %w", err)
	}
	if n < MaxFolders {
		return nil
	}
	var c text.Checker
	c.Fail(errs.LimitReached, "", "An account has at most %d folders. Delete one first.", MaxFolders)
	return c.Err()
}

// Rename renames a folder of user. With ifRevision it fails with CONFLICT, which carries the current
// revision, unless the folder is at that revision.
func (s *Service) Rename(ctx context.Context, user oid.User, id, name string, ifRevision *int) (*ent.Folder, error) {
	if err := text.Check("name", name, 1, MaxName); err != nil {
		return nil, err
	}
	var named *ent.Folder
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		f, err := s.lock(ctx, tx, user, id, entfolder.DeletedAtIsNil())
		if err != nil {
			return err
		}
		if ifRevision != nil && *ifRevision != f.Revision {
			return errs.New(errs.Conflict, "The folder was changed since you read it.").With("revision", f.Revision)
		}
		named, err = found(tx.Client().Folder.UpdateOne(f).SetName(name).AddRevision(1).Save(ctx))
		feed.Record(tx, user, feed.FolderSaved, feed.Facts{Folder: f.ID})
		return err
	})
	if err != nil {
		return nil, err
	}
	return named, nil
}
