package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// reindexBatch is how many texts one transaction indexes again.
	reindexBatch = 200
	// reindexTime bounds one call of Reindex. The rest waits for the next.
	reindexTime = 4 * time.Second
)

// stale is true of entries of the index that an earlier version of [search.Terms] made. It names the version
// literally, because the partial index message_search_stale is used for no other condition.
const stale = `version < 2`

// Reindex makes entries of the search index again that an earlier version made, for some seconds; nothing is left to do
// when all are current. Any number of processes may call it at once: each locks what it works
// on and leaves out what another has locked.
func (s *Service) Reindex(ctx context.Context) error {
	for until := time.Now().Add(reindexTime); time.Now().Before(until); {
		n, err := s.reindexSome(ctx)
		if err != nil || n < reindexBatch {
			return err
		}
	}
	return nil
}

func (s *Service) reindexSome(ctx context.Context) (n int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err := s.staleRows(ctx, tx)
		if err != nil {
			return err
		}
		n = len(rows)
		for _, row := range rows {
			if err := s.index(ctx, tx, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, fmt.Errorf("chat: index again: %w", err)
	}
	return n, nil
}

// staleRows reads entries with the texts they stand for.
func (s *Service) staleRows(ctx context.Context, tx *store.Tx) ([]indexed, error) {
	query := `SELECT s.user_id, ` + candidateColumns[len("SELECT "):] + ` FROM message_search s WHERE ` + stale + ` ORDER BY s.user_id LIMIT $1`
	if s.store.Dialect() == store.Postgres {
		query += ` FOR UPDATE OF s SKIP LOCKED`
	}
	rows, err := tx.Client().QueryContext(ctx, query, reindexBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []indexed
	for rows.Next() {
		var row indexed
		if err := rows.Scan(&row.user, &row.id, &row.chat, &row.title, &row.text); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// hasStale reports whether the index of user has entries of an earlier version, which would not be found
// by the terms of this one.
func (s *Service) hasStale(ctx context.Context, user oid.User) (bool, error) {
	rows, err := s.store.Client().QueryContext(ctx, `SELECT 1 FROM message_search WHERE user_id = $1 AND `+stale+` LIMIT 1`, user)
	if err != nil {
		return false, fmt.Errorf("version of the index: %w", err)
	}
	defer rows.Close()
	return rows.Next(), rows.Err()
}
