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
	// batch is the most rows one statement names.
	batch = 500
	// endedKept is how long an ended session is remembered, so that ending it again finds it.
	endedKept = 24 * time.Hour
)

// Purge forgets sessions that ended a day ago, with their refresh tokens, and refresh tokens that
// have expired. Used tokens are kept until then, since their second use tells of theft. It answers
// how many sessions and expired tokens went.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	tokens, err := s.purge(ctx, func(ctx context.Context, tx *store.Tx) (int, error) { return purgeTokens(ctx, tx, now) })
	if err != nil {
		return tokens, err
	}
	ended := now.Add(-endedKept)
	sessions, err := s.purge(ctx, func(ctx context.Context, tx *store.Tx) (int, error) { return purgeSessions(ctx, tx, ended) })
	return tokens + sessions, err
}

func purgeTokens(ctx context.Context, tx *store.Tx, now time.Time) (int, error) {
	c := tx.Client().RefreshToken
	ids, err := c.Query().Where(refreshtoken.ExpiresAtLTE(now)).Limit(batch).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return c.Delete().Where(refreshtoken.IDIn(ids...)).Exec(ctx)
}

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

// purge removes batch after batch, each in a transaction of its own, so that nobody waits long.
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
