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

// The queue of checks of single payments, and the kind of its jobs.
const (
	Queue     = "payment"
	KindCheck = "payment_check"
)

// checkDelay is the minimum time between two queued checks of a payment. A user who repeats the request does
// not fill the queue.
const checkDelay = time.Minute

// CheckArgs name the payment to check.
type CheckArgs struct {
	PaymentID oid.Payment `json:"payment_id"`
}

// Kind implements [river.JobArgs].
func (CheckArgs) Kind() string { return KindCheck }

// Complete checks at the gateway whether a payment of user was paid, and settles the answer. It waits for
// [Config.Wait]. Without an answer by then it returns the payment as stored, and the check continues in the
// background. A payment of another user is NOT_FOUND.
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
	settled, err := s.settle(ctx, id, check{source: paymentstep.SourceClient, wait: s.wait})
	// Only a gateway that is late continues in the background. A caller who has left needs no background
	// check: the recovery checks the payment anyway.
	if !isUnanswered(err) || ctx.Err() != nil {
		return settled, err
	}
	s.log.WarnContext(ctx, "the gateway did not answer in time; the look goes on in the background", "payment", id, "error", err)
	if err := s.enqueueCheck(ctx, p); err != nil {
		return nil, err
	}
	return found(own.Only(ctx))
}

// enqueueCheck queues a check of a payment, unless one is queued already. The conditional update decides, so
// concurrent requests queue one job.
func (s *Service) enqueueCheck(ctx context.Context, p *ent.Payment) error {
	soon := s.now().Add(checkDelay)
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
