// Package folder is the domain of folders: creating, renaming, deleting and restoring them, and what happens
// to their chats.
package folder

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// MaxName is the longest name of a folder, in code points.
	MaxName = 100
	// MaxFolders is how many folders a user may have; deleted ones are not counted.
	MaxFolders = 1000
	// RestorableFor is how long a deleted folder can be restored.
	RestorableFor = 24 * time.Hour
)

// StopRunning requests that the running replies in chats of user stop, within the transaction that deletes
// the chats. It is a function because package chat is above this one.
type StopRunning func(ctx context.Context, tx *store.Tx, user oid.User, chats []oid.Chat) error

// Service is the domain of folders. It is safe for concurrent use.
type Service struct {
	store *store.Store
	stop  StopRunning
}

// New returns the domain of folders; stop is called for chats that are deleted with their folder.
func New(st *store.Store, stop StopRunning) *Service { return &Service{store: st, stop: stop} }

// listKind binds cursors to lists of folders, so that a cursor of another list is refused.
const listKind = "folders"

// Cursor is a folder's place in lists: the newest first.
func Cursor(f *ent.Folder) string { return page.Encode(listKind, f.ID.String()) }

// List pages through the folders of user, newest first: the existing ones, or with deleted those that can
// still be restored.
func (s *Service) List(ctx context.Context, user oid.User, deleted bool, args page.Args) (*page.Result[*ent.Folder], error) {
	w, err := page.Parse(listKind, args)
	if err != nil {
		return nil, err
	}
	state := entfolder.DeletedAtIsNil()
	if deleted {
		state = restorable(store.Now())
	}
	q := s.store.Client().Folder.Query().Where(entfolder.UserID(user), state).Order(entfolder.ByID(sql.OrderDesc()))
	if w.After != nil {
		after, err := page.ID[oid.Folder]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(entfolder.IDLT(after))
	}
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("folder: list: %w", err)
	}
	return page.Of(rows, w), nil
}

// ByID reads folders of user by id, including deleted ones that can still be restored.
func (s *Service) ByID(ctx context.Context, user oid.User, ids []oid.Folder) ([]*ent.Folder, error) {
	rows, err := s.store.Client().Folder.Query().Where(entfolder.IDIn(ids...), entfolder.UserID(user), visible(store.Now())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("folder: read: %w", err)
	}
	return rows, nil
}

// restorable matches deleted folders that can still be restored.
func restorable(now time.Time) predicate.Folder {
	return entfolder.DeletedAtGT(now.Add(-RestorableFor))
}

// visible matches what the owner can see: existing folders and restorable ones.
func visible(now time.Time) predicate.Folder {
	return entfolder.Or(entfolder.DeletedAtIsNil(), restorable(now))
}

// lock reads a folder of user that matches where, and locks it until the transaction ends, so that no chat is
// moved into it meanwhile. SQLite has one writer, so it needs no lock.
func (s *Service) lock(ctx context.Context, tx *store.Tx, user oid.User, id string, where predicate.Folder) (*ent.Folder, error) {
	fid, err := oid.Parse[oid.Folder](id)
	if err != nil {
		return nil, errNotFound()
	}
	q := tx.Client().Folder.Query().Where(entfolder.ID(fid), entfolder.UserID(user), where)
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	return found(q.Only(ctx))
}

// errNotFound is the same error for unknown, malformed and foreign ids, so that it does not reveal which ids
// exist.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// found turns a missing row into NOT_FOUND.
func found(f *ent.Folder, err error) (*ent.Folder, error) {
	if ent.IsNotFound(err) {
		return nil, errNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("folder: read: %w", err)
	}
	return f, nil
}
