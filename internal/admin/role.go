package admin

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// SetRole sets the role of a user, effective from their next request. No actor can change their own role, so
// that no mistake leaves the server without an administrator. An account that the settings make ADMIN cannot
// get another role. Both are input errors. Setting the present role records no action.
func (s *Service) SetRole(ctx context.Context, actor oid.User, id string, role user.Role, reason string) (*ent.User, error) {
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	var after *ent.User
	err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := lockUser(ctx, tx, id)
		if err != nil {
			return err
		}
		if u.ID == actor {
			return errs.Input(errs.InvalidValue, "userId", "Nobody changes their own role.")
		}
		// The settings would make the account ADMIN again with its next request.
		if role != user.RoleAdmin && s.isAdminBySettings(u) {
			return errs.Input(errs.InvalidValue, "userId", "The server's settings make this account ADMIN.")
		}
		if after = u; u.Role == role {
			return nil
		}
		if after, err = tx.Client().User.UpdateOneID(u.ID).SetRole(role).Save(ctx); err != nil {
			return wrap("set a role", err)
		}
		feed.Record(tx, u.ID, feed.ViewerUpdated, feed.Facts{})
		return record(ctx, tx, auditRecord{
			actor: actor, action: RoleSet, user: &u.ID, subject: u.ID.String(), reason: reason,
			detail: errs.Textf("From %s to %s.", u.Role, role),
		})
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// isAdminBySettings reports whether an account is ADMIN without a role of its own.
func (s *Service) isAdminBySettings(u *ent.User) bool {
	without := *u
	without.Role = user.RoleMember
	return s.RoleOf(&without) == user.RoleAdmin
}
