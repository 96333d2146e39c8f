package billing

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// The queue of looks at single payments, and their kind in it.
const (
	Queue     = "payment"
	KindCheck = "payment_check"
)

// checkAgain is for how long a look that was put into the queue keeps others out of it.
const checkAgain = time.Minute

// CheckArgs name a payment to look at.
type CheckArgs struct {
	PaymentID oid.Payment `json:"payment_id"`
}

// Kind implements the queue's interface.
func (CheckArgs) Kind() string { return KindCheck }

// Complete asks the gateway whether a payment of user was paid, and settles what it answers. It waits a few seconds;
// then it answers the payment as it stands, and the look goes on in the background. A payment of somebody else's is NOT_FOUND.
func (s *Service) Complete(ctx context.Context, user oid.User, paymentID string) (*ent.Payment, error) {
	id, err := oid.Parse[oid.Payment](paymentID)
	if err != nil {
		return nil, errNoPayment()
	}
	own := s.store.Client().Payment.Query().Where(payment.ID(id), payment.UserID(user))
	p, err := found(own.Clone().Only(ctx))
	if err != nil {
		return nil, err
	}
	settled, err := s.settle(ctx, id, look{source: paymentstep.SourceClient, wait: s.wait})
	if !isUnanswered(err) || ctx.Err() != nil {
		return settled, err
	}
	s.log.WarnContext(ctx, "the gateway did not answer in time; the look goes on in the background", "payment", id, "error", err)
	if err := s.later(ctx, p); err != nil {
		return nil, err
	}
	return found(own.Only(ctx))
}

// later puts a look at a payment into the queue, unless one is there.
func (s *Service) later(ctx context.Context, p *ent.Payment) error {
	soon := s.now().Add(checkAgain)
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().Payment.Update().SetNextCheckAt(soon).
			Where(payment.ID(p.ID), payment.Or(payment.NextCheckAtIsNil(), payment.NextCheckAtGT(soon))).Save(ctx)
		if err != nil {
			return wrap("put off", err)
		}
		if n == 1 {
			tx.Enqueue(store.Job{Kind: KindCheck, Queue: Queue, Args: CheckArgs{PaymentID: p.ID}})
		}
		return nil
	})
}
