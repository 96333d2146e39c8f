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

// SetRole says what somebody may do; it holds from their next request on. Nobody changes their own role, so that no
// mistake locks everybody out, and whom the settings make ADMIN stays so: both are input errors. A role that
// somebody has already is no action.
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
		return record(ctx, tx, deed{
			actor: actor, action: RoleSet, user: &u.ID, subject: u.ID.String(), reason: reason,
			detail: errs.Textf("From %s to %s.", u.Role, role),
		})
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// isAdminBySettings tells whether an account would be ADMIN without a role of its own.
func (s *Service) isAdminBySettings(u *ent.User) bool {
	without := *u
	without.Role = user.RoleMember
	return s.RoleOf(&without) == user.RoleAdmin
}
