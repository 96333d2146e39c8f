package folder

import (
	"context"
	"fmt"
	"time"

	entchat "github.com/weav-ai/weav/ent/chat"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// purgeBatch is the most folders that one transaction removes, so that no lock is held for long.
const purgeBatch = 100

// Purge removes folders whose time to be restored has passed. The chats deleted with them are purged by
// package chat. It returns how many folders were removed.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for {
		var n int
		err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = s.purge(ctx, tx, now)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("folder: purge: %w", err)
		}
		if total += n; n < purgeBatch {
			return total, nil
		}
	}
}

// purge removes one batch. Concurrent purges lock the same rows in the same order.
func (s *Service) purge(ctx context.Context, tx *store.Tx, now time.Time) (int, error) {
	q := tx.Client().Folder.Query().Where(entfolder.DeletedAtLTE(now.Add(-RestorableFor))).Order(entfolder.ByID()).Limit(purgeBatch)
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	ids, err := q.IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := forget(ctx, tx, ids); err != nil {
		return 0, err
	}
	return tx.Client().Folder.Delete().Where(entfolder.IDIn(ids...)).Exec(ctx)
}

// forget clears the folder in chats that still refer to it.
func forget(ctx context.Context, tx *store.Tx, ids []oid.Folder) error {
	chats := tx.Client().Chat
	if err := chats.Update().Where(entchat.FolderIDIn(ids...)).ClearFolderID().Exec(ctx); err != nil {
		return err
	}
	return chats.Update().Where(entchat.FormerFolderIDIn(ids...)).ClearFormerFolderID().Exec(ctx)
}
