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

// Payments returns a page of payments, the newest first. of restricts it to one user. No statuses means all
// of them.
func (s *Service) Payments(ctx context.Context, of *string, statuses []payment.Status, args page.Args) (*page.Result[*ent.Payment], error) {
	user, err := parseUser(of)
	if err != nil {
		return nil, err
	}
	rows, err := s.Billing.Search(ctx, billing.Filter{User: user, Statuses: statuses}, args)
	if err != nil {
		return nil, err
	}
	return rows, s.checkUser(ctx, user, len(rows.Items))
}

// RefundInput is a refund.
type RefundInput struct {
	PaymentID string
	// Amount is in minor units; nil for all that is left.
	Amount *int64
	Reason string
	// Key is the idempotency key.
	Key string
}

// Refund orders a refund at the gateway, once per key. The audit log records the request before the gateway
// receives it. The payment's timeline shows the result. Errors are those of [billing.Service.Refund].
func (s *Service) Refund(ctx context.Context, actor oid.User, in RefundInput) (*ent.Payment, error) {
	if err := checkReason(in.Reason); err != nil {
		return nil, err
	}
	by := billing.Actor{User: actor, Record: func(ctx context.Context, tx *store.Tx, p *ent.Payment, amount int64) error {
		return record(ctx, tx, auditRecord{
			actor: actor, action: PaymentRefunded, user: p.UserID, subject: p.ID.String(), reason: in.Reason,
			detail: errs.Textf("%d %s of %d.", amount, p.Currency, p.Amount),
		})
	}}
	return s.Billing.Refund(ctx, by, in.PaymentID, in.Amount, in.Reason, in.Key)
}
