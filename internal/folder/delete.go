package folder

import (
	"context"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Mode is what happens to the chats of a deleted folder.
type Mode int

const (
	// KeepChats moves the chats out of the folder.
	KeepChats Mode = iota
	// DeleteChats deletes them with the folder.
	DeleteChats
)

// stopBatch is the most chats of one call of [StopRunning]. It bounds the parameters of a statement.
const stopBatch = 500

// Delete deletes a folder of user, and returns how many chats were deleted or moved out with it. Deleting it
// again changes nothing and returns the same.
func (s *Service) Delete(ctx context.Context, user oid.User, id string, mode Mode) (gone *ent.Folder, affected int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		f, err := s.lock(ctx, tx, user, id, visible(store.Now()))
		if err != nil {
			return err
		}
		// A repetition, possibly of a request whose answer was lost.
		if f.DeletedAt != nil {
			gone = f
			affected, err = tx.Client().Chat.Query().Where(returning(f.ID)).Count(ctx)
			return err
		}
		if affected, err = s.empty(ctx, tx, f, mode); err != nil {
			return err
		}
		gone, err = found(tx.Client().Folder.UpdateOne(f).SetDeletedAt(store.Now()).Save(ctx))
		feed.Record(tx, user, feed.FolderDeleted, feed.Facts{Folder: f.ID})
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return gone, affected, nil
}

// empty deletes or moves out the chats of a folder. Chats that the user deleted before keep their folder id:
// when they are restored, they look for the folder themselves. The chats are locked before their replies are
// stopped, in the order of locks of [store.Tx].
func (s *Service) empty(ctx context.Context, tx *store.Tx, f *ent.Folder, mode Mode) (int, error) {
	inside := entchat.And(entchat.FolderID(f.ID), entchat.DeletedAtIsNil())
	ids, err := s.lockChats(ctx, tx, inside)
	if err != nil {
		return 0, err
	}
	// The same condition as for the lock: chats that were moved in meanwhile are impossible, because the
	// folder is locked.
	update := tx.Client().Chat.Update().Where(inside)
	event := feed.ChatDeleted
	if mode == DeleteChats {
		update.SetDeletedAt(store.Now()).SetDeletedWithID(f.ID)
	} else {
		update.ClearFolderID().SetFormerFolderID(f.ID).AddRevision(1)
		event = feed.ChatSaved
	}
	if err := update.Exec(ctx); err != nil {
		return 0, fmt.Errorf("folder: empty: %w", err)
	}
	record(tx, f.UserID, event, ids)
	if mode == KeepChats {
		return len(ids), nil
	}
	for part := range slices.Chunk(ids, stopBatch) {
		if err := s.stop(ctx, tx, f.UserID, part); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// lockChats returns the ids of chats and locks them, in the order of ids, until the transaction ends. The
// fixed order prevents deadlocks between two deletions.
func (s *Service) lockChats(ctx context.Context, tx *store.Tx, which predicate.Chat) ([]oid.Chat, error) {
	q := tx.Client().Chat.Query().Where(which).Order(entchat.ByID())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	ids, err := q.IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("folder: read chats: %w", err)
	}
	return ids, nil
}

// record records one event for each of the chats.
func record(tx *store.Tx, user oid.User, event feed.Type, chats []oid.Chat) {
	for _, id := range chats {
		feed.Record(tx, user, event, feed.Facts{Chat: id})
	}
}
