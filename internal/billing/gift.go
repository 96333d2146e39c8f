package billing

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// longest is the latest end of a membership that a gift may reach.
const longest = 100 * 365 * 24 * time.Hour

// Give adds days of a membership to a user's, as a purchase would. It runs in the caller's transaction and
// holds the lock on the user until its end. It answers NOT_FOUND for an unknown user, and an input error for
// FREE, for no days, and for an end beyond a hundred years.
func (s *Service) Give(ctx context.Context, tx *store.Tx, user oid.User, plan catalog.Plan, days int) error {
	if plan == catalog.Free || s.rates.rank(plan) < 0 {
		return errs.Input(errs.InvalidValue, "plan", "Give STANDARD or PREMIUM.")
	}
	if days < 1 || time.Duration(days) > longest/daily {
		return errs.Input(errs.InvalidValue, "days", "Give at least one day, and not more than a hundred years.")
	}
	m, err := s.lockMember(ctx, tx, user, s.now())
	if err != nil {
		return err
	}
	if _, err := m.grant(ctx, change{kind: membershipchange.KindGift, plan: plan, micros: micros(days) * perDay}); err != nil {
		return err
	}
	if m.ends != nil && m.ends.Sub(m.now) > longest {
		return errs.Input(errs.InvalidValue, "days", "The membership would last longer than a hundred years.")
	}
	return nil
}

// Forget removes the user from their payments, which the law requires to be retained, and deletes the history
// of their membership. It runs in the transaction that deletes the account.
func (s *Service) Forget(ctx context.Context, tx *store.Tx, user oid.User) error {
	if err := tx.Client().Payment.Update().ClearUserID().Where(payment.UserID(user)).Exec(ctx); err != nil {
		return wrap("forget", err)
	}
	_, err := tx.Client().MembershipChange.Delete().Where(membershipchange.UserID(user)).Exec(ctx)
	return wrap("forget", err)
}
