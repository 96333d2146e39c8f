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

// Restore restores a deleted folder of user, and returns how many chats returned to it: those that the
// deletion removed or moved out, unless they were moved or restored since. Restoring an existing folder
// changes nothing. The folder counts against [MaxFolders], so the user is locked first.
func (s *Service) Restore(ctx context.Context, user oid.User, id string) (back *ent.Folder, affected int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// The user is locked before the folder, in the order of locks of [store.Tx].
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
		if err := checkLimit(ctx, tx, user); err != nil {
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

// returning matches the chats that return with a folder.
func returning(id oid.Folder) predicate.Chat { return entchat.Or(removed(id), unfiled(id)) }

// removed matches chats that were deleted with a folder and have not been restored since.
func removed(id oid.Folder) predicate.Chat {
	return entchat.And(entchat.DeletedWithID(id), entchat.DeletedAtNotNil())
}

// unfiled matches chats that are in no folder since their folder was deleted.
func unfiled(id oid.Folder) predicate.Chat {
	return entchat.And(entchat.FormerFolderID(id), entchat.FolderIDIsNil(), entchat.DeletedAtIsNil())
}

// refill moves the chats of a folder back into it.
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
	// A chat that was moved out and then deleted stays deleted, but gets its folder back.
	err = tx.Client().Chat.Update().Where(entchat.FormerFolderID(f.ID), entchat.FolderIDIsNil(), entchat.DeletedAtNotNil()).
		SetFolderID(f.ID).ClearFormerFolderID().Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("folder: refill: %w", err)
	}
	record(tx, f.UserID, feed.ChatSaved, ids)
	return len(ids), nil
}
