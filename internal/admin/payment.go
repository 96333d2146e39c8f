package admin

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

// Payments pages through payments, the newest first; of restricts it to one person's, no statuses are all of them.
func (s *Service) Payments(ctx context.Context, of *string, statuses []payment.Status, args page.Args) (*page.Result[*ent.Payment], error) {
	user, err := parseUser(of)
	if err != nil {
		return nil, err
	}
	rows, err := s.Billing.Search(ctx, billing.Filter{User: user, Statuses: statuses}, args)
	if err != nil {
		return nil, err
	}
	return rows, s.known(ctx, user, len(rows.Items))
}

// RefundInput is a payment to pay back.
type RefundInput struct {
	PaymentID string
	// Amount is in minor units; nil for all that is left.
	Amount *int64
	Reason string
	// Key makes the call safe to repeat.
	Key string
}

// Refund has the gateway pay back, once for each key. The audit log says that it was asked for, before the gateway
// is; the payment's timeline says what came of it. Errors are those of [billing.Service.Refund].
func (s *Service) Refund(ctx context.Context, actor oid.User, in RefundInput) (*ent.Payment, error) {
	if err := checkReason(in.Reason); err != nil {
		return nil, err
	}
	by := billing.Actor{User: actor, Record: func(ctx context.Context, tx *store.Tx, p *ent.Payment, amount int64) error {
		return record(ctx, tx, deed{
			actor: actor, action: PaymentRefunded, user: p.UserID, subject: p.ID.String(), reason: in.Reason,
			detail: errs.Textf("%d %s of %d.", amount, p.Currency, p.Amount),
		})
	}}
	return s.Billing.Refund(ctx, by, in.PaymentID, in.Amount, in.Reason, in.Key)
}
