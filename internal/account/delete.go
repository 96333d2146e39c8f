package account

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entkey "github.com/weav-ai/weav/ent/apikey"
	entsession "github.com/weav-ai/weav/ent/session"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// Delete schedules the deletion of an account for the end of its grace. A fresh proof of the same identity
// confirms it. The requesting session stays open, so that the user can undo it; all others end. A repetition
// keeps the date.
func (s *Service) Delete(ctx context.Context, p oid.User, current oid.Session, confirmation SignInInput) (*ent.User, error) {
	identity, err := s.confirm(ctx, confirmation)
	if err != nil {
		return nil, err
	}
	var after *ent.User
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, p); err != nil {
			return err
		}
		after, err = found(tx.Client().User.Get(ctx, p))
		if err != nil {
			return err
		}
		// Another identity of the same user proves nothing about this account.
		if after.UID != identity.UID {
			return errs.Input(errs.InvalidValue, "identity", "This is another identity. Confirm with the one that this account belongs to.")
		}
		// A repetition must not postpone the deletion.
		if after.DeletesAt != nil {
			return nil
		}
		if after, err = tx.Client().User.UpdateOneID(p).SetDeletesAt(s.cfg.Now().Add(s.cfg.DeletionGrace)).Save(ctx); err != nil {
			return fmt.Errorf("account: delete: %w", err)
		}
		feed.Record(tx, p, feed.ViewerUpdated, feed.Facts{})
		if _, err = s.end(ctx, tx, p, entsession.IDNEQ(current)); err != nil {
			return err
		}
		_, err = closeKeys(ctx, tx, p) // The keys remain, because the account may be restored. They are refused until then.
		return err
	})
	return after, err
}

// endAll ends all sessions and API keys of a user.
func (s *Service) endAll(ctx context.Context, tx *store.Tx, id oid.User) error {
	if _, err := s.end(ctx, tx, id); err != nil {
		return err
	}
	ids, err := closeKeys(ctx, tx, id)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := tx.Client().APIKey.Update().Where(entkey.IDIn(ids...)).SetRevokedAt(s.cfg.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("account: end keys: %w", err)
	}
	return nil
}

// closeKeys publishes the end of all working API keys, which closes their sockets, and returns the keys.
func closeKeys(ctx context.Context, tx *store.Tx, id oid.User) ([]oid.APIKey, error) {
	ids, err := tx.Client().APIKey.Query().Where(entkey.UserID(id), entkey.RevokedAtIsNil()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: end keys: %w", err)
	}
	for _, key := range ids {
		feed.Record(tx, id, feed.KeyEnded, feed.Facts{Key: key})
	}
	return ids, nil
}

// confirm verifies a fresh proof. The age is not checked for a provider that reports no time of
// authentication.
func (s *Service) confirm(ctx context.Context, in SignInInput) (id auth.Identity, err error) {
	id, err = s.verifier.Verify(ctx, in.Proof)
	if err != nil {
		return auth.Identity{}, err
	}
	if !id.AuthTime.IsZero() && s.cfg.Now().Sub(id.AuthTime) > s.cfg.FreshFor {
		return auth.Identity{}, errs.Input(errs.InvalidValue, "identity", "This proof is too old. Sign in at the identity provider once more.")
	}
	return id, nil
}

// Restore cancels the deletion of an account. An account that is not to be deleted stays unchanged. One whose
// time is over is CONFLICT, since its erasure may have begun. The reason is checked and not stored.
func (s *Service) Restore(ctx context.Context, id oid.User, reason string) (*ent.User, error) {
	var c text.Checker
	c.Text("reason", reason, 0, maxRestoreReason)
	if err := c.Err(); err != nil {
		return nil, err
	}
	var after *ent.User
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, id); err != nil {
			return err
		}
		before, err := found(tx.Client().User.Get(ctx, id))
		if err != nil {
			return err
		}
		if after = before; before.DeletesAt == nil {
			return nil
		}
		if !s.cfg.Now().Before(*before.DeletesAt) {
			return errs.New(errs.Conflict, "It is too late: this account is being deleted.")
		}
		if after, err = tx.Client().User.UpdateOne(before).ClearDeletesAt().Save(ctx); err != nil {
			return fmt.Errorf("account: restore: %w", err)
		}
		feed.Record(tx, id, feed.ViewerUpdated, feed.Facts{})
		return nil
	})
	return after, err
}

// maxRestoreReason is the longest reason, in code points.
const maxRestoreReason = 500
