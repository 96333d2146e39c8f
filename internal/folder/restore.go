package folder

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Restore brings a deleted folder of user back, and tells how many chats came with it: those
// its deletion removed or let go, unless they were moved or restored since. Restoring a folder
// that stands changes nothing. It counts against [MaxFolders].
func (s *Service) Restore(ctx context.Context, user oid.User, id string) (back *ent.Folder, affected int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		f, err := s.lock(ctx, tx, user, id, visible(store.Now()))
		if err != nil {
			return err
		}
		if f.DeletedAt == nil {
			back = f
			return nil
		}
		if err := room(ctx, tx, user); err != nil {
			return err
		}
		back, err = found(tx.Client().Folder.UpdateOne(f).ClearDeletedAt().AddRevision(1).Save(ctx))
		if err != nil {
			return err
		}
		feed.Record(tx, user, feed.FolderSaved, feed.Facts{Folder: f.ID})
		affected, err = s.refill(ctx, tx, f)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return back, affected, nil
}

// returning matches the chats that come back with a folder.
func returning(id oid.Folder) predicate.Chat { return entchat.Or(removed(id), letGo(id)) }

// removed matches chats that went with a folder and have not been restored since.
func removed(id oid.Folder) predicate.Chat {
	return entchat.And(entchat.DeletedWithID(id), entchat.DeletedAtNotNil())
}

// letGo matches chats that stand in no folder since a folder let them go.
func letGo(id oid.Folder) predicate.Chat {
	return entchat.And(entchat.FormerFolderID(id), entchat.FolderIDIsNil(), entchat.DeletedAtIsNil())
}

// refill brings the chats of a folder back into it.
func (s *Service) refill(ctx context.Context, tx *store.Tx, f *ent.Folder) (int, error) {
	ids, err := s.lockChats(ctx, tx, returning(f.ID))
	if err != nil {
		return 0, err
	}
	err = tx.Client().Chat.Update().Where(returning(f.ID)).SetFolderID(f.ID).AddRevision(1).
		ClearFormerFolderID().ClearDeletedAt().ClearDeletedWithID().Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("folder: refill: %w", err)
	}
	// A chat that was let go and deleted by itself stays deleted, but will return to its place.
	err = tx.Client().Chat.Update().Where(entchat.FormerFolderID(f.ID), entchat.FolderIDIsNil(), entchat.DeletedAtNotNil()).
		SetFolderID(f.ID).ClearFormerFolderID().Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("folder: refill: %w", err)
	}
	record(tx, f.UserID, feed.ChatSaved, ids)
	return len(ids), nil
}
