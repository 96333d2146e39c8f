package admin

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// MaxDays is the most days that one grant gives: ten years.
const MaxDays = 3660

// GrantInput is a membership to grant.
type GrantInput struct {
	UserID string
	// Plan is STANDARD or PREMIUM. Days are from 1 to [MaxDays].
	Plan   catalog.Plan
	Days   int
	Reason string
	// Key is the idempotency key.
	Key string
}

// Grant gives a user days of a membership, once per key, and returns the account as it is afterwards.
func (s *Service) Grant(ctx context.Context, actor oid.User, in GrantInput) (*ent.User, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var given oid.User
	once := store.Key{User: actor, Key: in.Key, Input: in}
	_, err := s.Store.Once(ctx, once, &given, func(ctx context.Context, tx *store.Tx) error {
		u, err := lockUser(ctx, tx, in.UserID)
		if err != nil {
			return err
		}
		given = u.ID
		if err := s.Billing.Give(ctx, tx, u.ID, in.Plan, in.Days); err != nil {
			return err
		}
		return record(ctx, tx, auditRecord{
			actor: actor, action: MembershipGranted, user: &u.ID, subject: u.ID.String(), reason: in.Reason,
			detail: errs.Textf("%d days of %s.", in.Days, in.Plan),
		})
	})
	if err != nil {
		return nil, err
	}
	// The id comes from the key, so a repetition returns the account of the first call.
	u, err := s.Store.Client().User.Get(ctx, given)
	if ent.IsNotFound(err) {
		return nil, errNotFound()
	}
	return u, wrap("read", err)
}

// check reports all faults of the input at once.
func (in GrantInput) check() error {
	var c text.Checker
	c.Text("reason", in.Reason, 1, MaxReason)
	if in.Days < 1 || in.Days > MaxDays {
		c.Fail(errs.InvalidValue, "days", "From 1 to %d days can be given.", MaxDays)
	}
	if in.Plan != catalog.Standard && in.Plan != catalog.Premium {
		c.Fail(errs.InvalidValue, "plan", "Give STANDARD or PREMIUM.")
	}
	return c.Err()
}
