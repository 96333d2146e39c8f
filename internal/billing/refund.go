package billing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

// Actor is the operator who orders a refund.
type Actor struct {
	User oid.User
	// Record writes the audit entry, in the transaction that stores the request; it runs once per key. Nil
	// writes nothing.
	Record func(ctx context.Context, tx *store.Tx, p *ent.Payment, amount int64) error
}

// refund is a requested refund, as its idempotency key stores it.
type refund struct {
	Payment oid.Payment `json:"payment"`
	Amount  int64       `json:"amount"`
	// Cancellable was the refundable amount when the refund was requested. The gateway refuses the order once
	// that amount differs, so no repetition, however late, refunds twice.
	Cancellable int64 `json:"cancellable"`
	// Done says that the gateway has accepted the refund.
	Done bool `json:"done,omitempty"`
}

// Refund orders the gateway to refund amount of a payment, nil for all that is left, and takes back the days
// it bought. A repetition with the same key continues where the first call ended and refunds nothing more.
// The gateway may process a refund later: then the payment is returned as stored, and a notice or the
// recovery settles it.
//
// It is an input error for a payment that is not paid and for an amount that is not left. It is UNAVAILABLE
// when the gateway cannot be reached. It is CONFLICT when the gateway refuses, as it does after another
// refund in between: success is never reported without the gateway's confirmation.
func (s *Service) Refund(ctx context.Context, actor Actor, paymentID string, amount *int64, reason, key string) (*ent.Payment, error) {
	p, err := s.Get(ctx, paymentID)
	if err != nil {
		return nil, err
	}
	var requested refund
	input := struct {
		Payment oid.Payment
		Amount  *int64
		Reason  string
	}{p.ID, amount, reason}
	once := store.Key{User: actor.User, Key: key, Input: input}
	replayed, err := s.store.Once(ctx, once, &requested, func(ctx context.Context, tx *store.Tx) error {
		var err error
		requested, err = s.requestRefund(ctx, tx, actor, p, amount)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.fault(RefundRequested); err != nil {
		return nil, err
	}
	// The gateway confirmed this key before, so only the settlement is left to do.
	if replayed && requested.Done {
		return s.settleRefund(ctx, p)
	}
	if err := s.orderRefund(ctx, actor, p, requested, reason, key); err != nil {
		return nil, err
	}
	if err := s.fault(RefundOrdered); err != nil {
		return nil, err
	}
	// From here on a repetition does not reach the gateway again.
	requested.Done = true
	if err := s.store.Amend(ctx, once, requested); err != nil {
		return nil, err
	}
	return s.settleRefund(ctx, p)
}

// settleRefund settles the gateway's answer after a refund was ordered. Without an answer the stored payment
// is returned, because the refund itself has succeeded.
func (s *Service) settleRefund(ctx context.Context, p *ent.Payment) (*ent.Payment, error) {
	settled, err := s.settle(ctx, p.ID, check{source: paymentstep.SourceOperator, wait: s.wait})
	if isUnanswered(err) {
		return p, nil
	}
	return settled, err
}

// requestRefund stores that a refund was requested. The next check is moved close, so that the recovery
// settles the refund even if this process dies.
func (s *Service) requestRefund(ctx context.Context, tx *store.Tx, actor Actor, p *ent.Payment, amount *int64) (refund, error) {
	if err := lockPayer(ctx, tx, p); err != nil {
		return refund{}, err
	}
	p, err := found(tx.Client().Payment.Get(ctx, p.ID))
	if err != nil {
		return refund{}, err
	}
	r := refund{Payment: p.ID, Cancellable: p.Amount - p.RefundedAmount}
	switch p.Status {
	case payment.StatusPaid, payment.StatusPartiallyRefunded, payment.StatusDisputed:
	default:
		return refund{}, errWrongStatus(p)
	}
	if r.Amount = r.Cancellable; amount != nil {
		r.Amount = *amount
	}
	if r.Amount < 1 || r.Amount > r.Cancellable {
		return refund{}, errs.Input(errs.InvalidValue, "amount", "From 1 to %d can be paid back.", r.Cancellable)
	}
	now := s.now()
	if err := tx.Client().Payment.UpdateOneID(p.ID).SetNextCheckAt(now.Add(firstCheck)).Exec(ctx); err != nil {
		return refund{}, wrap("refund", err)
	}
	if err := addStep(ctx, tx, p.ID, paymentstep.SourceOperator, step{typ: paymentstep.TypeRefundRequested, amount: &r.Amount}, now); err != nil {
		return refund{}, err
	}
	if actor.Record == nil {
		return r, nil
	}
	return r, actor.Record(ctx, tx, p, r.Amount)
}

// lockPayer locks the user of a payment, if the account still exists. The user is locked before the payment,
// as in every other transaction.
func lockPayer(ctx context.Context, tx *store.Tx, p *ent.Payment) error {
	if p.UserID == nil {
		return nil
	}
	if err := tx.LockUser(ctx, *p.UserID); errs.CodeOf(err) != errs.NotFound {
		return err
	}
	return nil
}

// refundRefused adds a step for a refund that the gateway refused. A repetition that is refused again adds
// none.
func (s *Service) refundRefused(ctx context.Context, p *ent.Payment, amount int64) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lockPayer(ctx, tx, p); err != nil {
			return err
		}
		last, err := tx.Client().PaymentStep.Query().Where(paymentstep.PaymentID(p.ID), paymentstep.TypeNEQ(paymentstep.TypeChecked)).
			Order(paymentstep.ByID(entsql.OrderDesc())).First(ctx)
		if err != nil {
			return wrap("timeline", err)
		}
		if last.Type == paymentstep.TypeRefundRefused && last.Amount != nil && *last.Amount == amount {
			return nil
		}
		return addStep(ctx, tx, p.ID, paymentstep.SourceOperator, step{typ: paymentstep.TypeRefundRefused, amount: &amount}, s.now())
	})
}

// orderRefund sends the refund to the gateway. A gateway that remembers the key does nothing more; one that
// has forgotten it refuses, because another amount is left.
func (s *Service) orderRefund(ctx context.Context, actor Actor, p *ent.Payment, r refund, reason, key string) error {
	g, err := s.gatewayOf(ctx, p)
	if err != nil {
		return errGateway(err)
	}
	short, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	err = g.Cancel(short, pay.Cancel{
		ID: p.GatewayID, Reference: p.Reference, Reason: reason, Amount: r.Amount, Cancellable: r.Cancellable, Key: refundKey(actor.User, p.ID, key),
	})
	switch {
	case errors.Is(err, pay.ErrRefused), errors.Is(err, pay.ErrNotFound):
		if err := s.refundRefused(ctx, p, r.Amount); err != nil {
			return err
		}
		return errs.Wrap(err, errs.Conflict, "The gateway refuses to pay this back. Look at the payment's timeline, and at the gateway's own console.")
	case err != nil:
		return errGateway(err)
	}
	return nil
}

// refundKey makes the gateway execute one refund once, however often it is sent. The key of the user is
// hashed, because gateways limit its characters.
func refundKey(actor oid.User, p oid.Payment, key string) string {
	sum := sha256.Sum256([]byte(actor.String() + " " + p.String() + " " + key))
	return hex.EncodeToString(sum[:])
}

// errWrongStatus refuses a refund that the status of the payment does not allow.
func errWrongStatus(p *ent.Payment) error {
	return errs.Input(errs.WrongStatus, "paymentId", "The payment is %s. Only one that is PAID, PARTIALLY_REFUNDED or DISPUTED can be paid back.", p.Status)
}
