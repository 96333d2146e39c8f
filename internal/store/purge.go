package store

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent/idempotencykey"
)

// PurgeKeys removes the expired idempotency keys, and returns how many.
func (s *Store) PurgeKeys(ctx context.Context, now time.Time) (n int, err error) {
	err = s.Tx(ctx, func(ctx context.Context, tx *Tx) error {
		n, err = tx.Client().IdempotencyKey.Delete().Where(idempotencykey.CreatedAtLT(now.Add(-KeyLife))).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store: purge keys: %w", err)
		}
		return nil
	})
	return n, err
}
