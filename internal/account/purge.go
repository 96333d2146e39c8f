package account

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent/refreshtoken"
	"github.com/weav-ai/weav/ent/session"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// batch is the most rows that one statement names.
	batch = 500
	// endedRetention is how long an ended session is stored, so that ending it again finds it.
	endedRetention = 24 * time.Hour
)

// Purge deletes sessions that ended a day ago with their refresh tokens, and expired refresh tokens. Used
// tokens are stored until they expire, because their second use is a sign of theft. It returns how many
// sessions and expired tokens were deleted.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	tokens, err := s.purge(ctx, func(ctx context.Context, tx *store.Tx) (int, error) { return purgeTokens(ctx, tx, now) })
	if err != nil {
		return tokens, err
	}
	ended := now.Add(-endedRetention)
	sessions, err := s.purge(ctx, func(ctx context.Context, tx *store.Tx) (int, error) { return purgeSessions(ctx, tx, ended) })
	return tokens + sessions, err
}

// purgeTokens deletes a batch of expired refresh tokens.
func purgeTokens(ctx context.Context, tx *store.Tx, now time.Time) (int, error) {
	c := tx.Client().RefreshToken
	// Postgres has no LIMIT for DELETE, so the ids of a batch are read first.
	ids, err := c.Query().Where(refreshtoken.ExpiresAtLTE(now)).Limit(batch).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return c.Delete().Where(refreshtoken.IDIn(ids...)).Exec(ctx)
}

// purgeSessions deletes a batch of ended sessions. Their tokens refer to them, so the tokens go first.
func purgeSessions(ctx context.Context, tx *store.Tx, ended time.Time) (int, error) {
	c := tx.Client().Session
	ids, err := c.Query().Where(session.Or(session.ExpiresAtLTE(ended), session.RevokedAtLTE(ended))).Limit(batch).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if _, err := tx.Client().RefreshToken.Delete().Where(refreshtoken.SessionIDIn(ids...)).Exec(ctx); err != nil {
		return 0, err
	}
	return c.Delete().Where(session.IDIn(ids...)).Exec(ctx)
}

// purge deletes batch after batch, each in its own transaction, so that no request waits long for the locks.
func (s *Service) purge(ctx context.Context, remove func(context.Context, *store.Tx) (int, error)) (int, error) {
	total := 0
	for {
		var n int
		err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = remove(ctx, tx)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("account: purge: %w", err)
		}
		if total += n; n < batch {
			return total, nil
		}
	}
}
