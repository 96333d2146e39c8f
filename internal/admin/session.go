package admin

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// EndSessions ends all sessions and API keys of a user, and with them their open sockets. The user can sign
// in again.
func (s *Service) EndSessions(ctx context.Context, actor oid.User, id, reason string) (*ent.User, error) {
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	var u *ent.User
	err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if u, err = lockUser(ctx, tx, id); err != nil {
			return err
		}
		ended, err := s.Accounts.EndSessions(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if err := s.APIKeys.RevokeAll(ctx, tx, u.ID); err != nil {
			return err
		}
		return record(ctx, tx, auditRecord{
			actor: actor, action: SessionsEnded, user: &u.ID, subject: u.ID.String(), reason: reason,
			detail: errs.Textf("Sessions: %d, and all API keys.", ended),
		})
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}
