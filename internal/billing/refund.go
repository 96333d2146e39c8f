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

// Actor is who pays back in the name of the administration.
type Actor struct {
	User oid.User
	// Record writes down that they asked for it, in the transaction that does; it runs once per key. Nil writes nothing.
	Record func(ctx context.Context, tx *store.Tx, p *ent.Payment, amount int64) error
}

// refund is one that was asked for, as its idempotency key keeps it.
type refund struct {
	Payment oid.Payment `json:"payment"`
	Amount  int64       `json:"amount"`
	// Cancellable was left to pay back when it was asked for: the gateway refuses when that is not so any more,
	// so no repetition, however late, pays back twice.
	Cancellable int64 `json:"cancellable"`
	// Done says that the gateway took the order to pay back.
	Done bool `json:"done,omitempty"`
}

// Refund has the gateway pay back amount of a payment, nil for all that is left, and takes back the days it bought.
// Repeated with the same key it goes on where the first call ended, and pays nothing more. The gateway may take its
// time: then the payment is answered as it stands, and the notice or the recovery settles it.
//
// It is an input error for a payment that is not paid and for an amount that is not left, and UNAVAILABLE when the gateway cannot
// be asked. CONFLICT when it refuses, as it does once another refund came between: no success is told of one that is not known.
func (s *Service) Refund(ctx context.Context, actor Actor, paymentID string, amount *int64, reason, key string) (*ent.Payment, error) {
	p, err := s.Get(ctx, paymentID)
	if err != nil {
		return nil, err
	}
	var asked refund
	input := struct {
		Payment oid.Payment
		Amount  *int64
		Reason  string
	}{p.ID, amount, reason}
	once := store.Key{User: actor.User, Key: key, Input: input}
	replayed, err := s.store.Once(ctx, once, &asked, func(ctx context.Context, tx *store.Tx) error {
		var err error
		asked, err = s.askRefund(ctx, tx, actor, p, amount)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.fault(RefundRequested); err != nil {
		return nil, err
	}
	if replayed && asked.Done {
		return s.refunded(ctx, p)
	}
	if err := s.payBack(ctx, actor, p, asked, reason, key); err != nil {
		return nil, err
	}
	if err := s.fault(RefundOrdered); err != nil {
		return nil, err
	}
	asked.Done = true
	if err := s.store.Amend(ctx, once, asked); err != nil {
		return nil, err
	}
	return s.refunded(ctx, p)
}

// refunded settles what the gateway says of a payment that it was ordered to pay back.
func (s *Service) refunded(ctx context.Context, p *ent.Payment) (*ent.Payment, error) {
	settled, err := s.settle(ctx, p.ID, look{source: paymentstep.SourceOperator, wait: s.wait})
	if isUnanswered(err) {
		return p, nil
	}
	return settled, err
}

// askRefund writes down that a refund is asked for. The recovery looks at the payment soon after, whatever becomes of
// the process.
func (s *Service) askRefund(ctx context.Context, tx *store.Tx, actor Actor, p *ent.Payment, amount *int64) (refund, error) {
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

// lockPayer locks the person of a payment, if there is one yet.
func lockPayer(ctx context.Context, tx *store.Tx, p *ent.Payment) error {
	if p.UserID == nil {
		return nil
	}
	if err := tx.LockUser(ctx, *p.UserID); errs.CodeOf(err) != errs.NotFound {
		return err
	}
	return nil
}

// refundRefused notes what came of a refund that was asked for; a repetition that is refused again is not noted.
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

// payBack has the gateway pay back. One that did by this key before does nothing more; one that remembers no more refuses, since
// another amount is left.
func (s *Service) payBack(ctx context.Context, actor Actor, p *ent.Payment, r refund, reason, key string) error {
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

// refundKey makes the gateway pay one refund back once, however often it is asked to.
func refundKey(actor oid.User, p oid.Payment, key string) string {
	sum := sha256.Sum256([]byte(actor.String() + " " + p.String() + " " + key))
	return hex.EncodeToString(sum[:])
}

// errWrongStatus refuses what a payment's status does not allow.
func errWrongStatus(p *ent.Payment) error {
	return errs.Input(errs.WrongStatus, "paymentId", "The payment is %s. Only one that is PAID, PARTIALLY_REFUNDED or DISPUTED can be paid back.", p.Status)
}
