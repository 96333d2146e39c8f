package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// purgeBatch is the most chats one purge removes in a transaction.
const purgeBatch = 100

// Restorable matches deleted chats that can still be brought back.
func Restorable(now time.Time) predicate.Chat {
	return entchat.DeletedAtGT(now.Add(-RestorableFor))
}

// findChat reads a chat of user for which also holds.
func findChat(ctx context.Context, c *ent.Client, user oid.User, id string, extra ...predicate.Chat) (*ent.Chat, error) {
	cid, err := oid.Parse[oid.Chat](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.Chat.Query().Where(append(extra, entchat.ID(cid), entchat.UserID(user))...).Only(ctx))
}

// Delete deletes a chat and asks its reply to stop. Deleting it again answers the same.
func (s *Service) Delete(ctx context.Context, user oid.User, id string) (*ent.Chat, error) {
	var gone *ent.Chat
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := findChat(ctx, tx.Client(), user, id, entchat.Or(entchat.DeletedAtIsNil(), Restorable(store.Now())))
		if err != nil {
			return err
		}
		n, err := tx.Client().Chat.Update().Where(entchat.ID(c.ID), entchat.DeletedAtIsNil()).
			SetDeletedAt(store.Now()).ClearDeletedWithID().Save(ctx)
		if err != nil {
			return fmt.Errorf("chat: delete: %w", err)
		}
		if gone, err = found(tx.Client().Chat.Get(ctx, c.ID)); err != nil || n == 0 {
			return err
		}
		feed.Record(tx, user, feed.ChatDeleted, feed.Facts{Chat: c.ID})
		return s.StopRunning(ctx, tx, user, []oid.Chat{c.ID})
	})
	if err != nil {
		return nil, err
	}
	return gone, nil
}

// StopRunning asks the replies under way in chats to stop, within the transaction that deletes them.
func (s *Service) StopRunning(ctx context.Context, tx *store.Tx, user oid.User, chats []oid.Chat) error {
	if len(chats) == 0 {
		return nil
	}
	return s.flagStop(ctx, tx, message.UserID(user), message.ChatIDIn(chats...))
}

// Restore brings a deleted chat back: into its folder if that still stands, else into none.
func (s *Service) Restore(ctx context.Context, user oid.User, id string) (*ent.Chat, error) {
	var back *ent.Chat
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := findChat(ctx, tx.Client(), user, id, entchat.Or(entchat.DeletedAtIsNil(), Restorable(store.Now())))
		if err != nil {
			return err
		}
		if c.DeletedAt == nil {
			back = c
			return nil
		}
		update := tx.Client().Chat.UpdateOneID(c.ID).ClearDeletedAt().ClearDeletedWithID().AddRevision(1)
		stands, err := s.folderStands(ctx, tx, c)
		if err != nil {
			return err
		}
		if !stands {
			update.ClearFolderID()
		}
		if back, err = found(update.Save(ctx)); err != nil {
			return err
		}
		feed.Record(tx, user, feed.ChatSaved, feed.Facts{Chat: c.ID})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return back, nil
}

func (s *Service) folderStands(ctx context.Context, tx *store.Tx, c *ent.Chat) (bool, error) {
	if c.FolderID == nil {
		return true, nil
	}
	q := tx.Client().Folder.Query().Where(entfolder.ID(*c.FolderID), entfolder.DeletedAtIsNil())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	rows, err := q.All(ctx)
	if err != nil {
		return false, fmt.Errorf("chat: restore: %w", err)
	}
	return len(rows) > 0, nil
}

// Purge removes for good what was deleted longer ago than it can be restored; messages and
// the search index go with their chat. It answers how many chats went.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for {
		var ids []oid.Chat
		err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			var err error
			ids, err = tx.Client().Chat.Query().Where(entchat.DeletedAtLTE(now.Add(-RestorableFor))).
				Limit(purgeBatch).IDs(ctx)
			if err != nil || len(ids) == 0 {
				return err
			}
			runs, err := s.unfinished(ctx, tx, ids)
			if err != nil {
				return err
			}
			if err := s.unindexChats(ctx, tx, ids); err != nil {
				return err
			}
			if err := s.forgetFiles(ctx, tx, ids); err != nil {
				return err
			}
			if _, err := tx.Client().Message.Delete().Where(message.ChatIDIn(ids...)).Exec(ctx); err != nil {
				return err
			}
			if _, err = tx.Client().Chat.Delete().Where(entchat.IDIn(ids...)).Exec(ctx); err != nil {
				return err
			}
			return s.release(ctx, tx, runs)
		})
		if err != nil {
			return total, fmt.Errorf("chat: purge: %w", err)
		}
		total += len(ids)
		if len(ids) < purgeBatch {
			return total, nil
		}
	}
}

// unfinished are the runs of replies in chats that nobody ended. It locks chats and replies in the order in which a reply's end does.
func (s *Service) unfinished(ctx context.Context, tx *store.Tx, chats []oid.Chat) (runs []oid.Run, err error) {
	held := tx.Client().Chat.Query().Where(entchat.IDIn(chats...)).Order(entchat.ByID())
	replies := tx.Client().Message.Query().Order(message.ByID()).
		Where(message.ChatIDIn(chats...), message.StatusIn(message.StatusPending, message.StatusStreaming), message.JobIDIsNil(), message.RunIDNotNil())
	if s.store.Dialect() == store.Postgres {
		held.ForUpdate()
		replies.ForUpdate()
	}
	if _, err := held.IDs(ctx); err != nil {
		return nil, err
	}
	rows, err := replies.All(ctx)
	for _, m := range rows {
		runs = append(runs, *m.RunID)
	}
	return runs, err
}

// release gives back what runs hold whose replies are gone: their workers find nothing to end.
func (s *Service) release(ctx context.Context, tx *store.Tx, runs []oid.Run) error {
	for _, run := range runs {
		if err := s.ledger.Release(ctx, tx, run); err != nil {
			return err
		}
	}
	return nil
}

// forgetFiles lets go of what chats show that others own: their jobs' results and attached files.
func (s *Service) forgetFiles(ctx context.Context, tx *store.Tx, chats []oid.Chat) error {
	if s.onPurge != nil {
		if err := s.onPurge(ctx, tx, chats); err != nil {
			return err
		}
	}
	return s.files.ForgetChats(ctx, tx, chats)
}

// OnPurge names a function that is called in each transaction that removes chats for good, before they go. It
// is set once, before the service is used.
func (s *Service) OnPurge(fn func(ctx context.Context, tx *store.Tx, chats []oid.Chat) error) {
	s.onPurge = fn
}
