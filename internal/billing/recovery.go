package billing

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentnotice"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// firstCheck is when the recovery first looks at a payment; from then on it waits twice as long each time.
	firstCheck = 2 * time.Minute
	// lastWait is the longest wait between two looks at a payment that is not paid.
	lastWait = time.Hour
	// daily is the wait between two looks at one that is, or whose time is over.
	daily = 24 * time.Hour
	// late is how long it looks, once a day, after the time of one that is not paid where money may still be on its way.
	late = 7 * daily
	// roundSize is how many payments one round looks at, checksAtOnce how many of them at the same time.
	roundSize    = 200
	checksAtOnce = 8
	// noticesKept is how long deliveries are remembered: far longer than a gateway repeats them.
	noticesKept = 7 * 24 * time.Hour
)

// Recover looks at the payments that are due for it: those not paid yet, whose person or notice may have been lost, and
// paid ones that may have been paid back or disputed. Any number of processes may do so at once. A gateway that
// cannot be asked is no failure: the payments are looked at again later.
func (s *Service) Recover(ctx context.Context) error {
	due, err := s.store.Client().Payment.Query().Where(payment.NextCheckAtLTE(s.now())).
		Order(payment.ByNextCheckAt(), payment.ByID()).Limit(roundSize).All(ctx)
	if err != nil {
		return wrap("recovery", err)
	}
	var group errgroup.Group
	group.SetLimit(checksAtOnce)
	for _, p := range due {
		group.Go(func() error { return s.recoverOne(ctx, p) })
	}
	return group.Wait()
}

// recoverOne looks at a payment unless another process does.
func (s *Service) recoverOne(ctx context.Context, p *ent.Payment) error {
	mine, err := s.claim(ctx, p)
	if err != nil || !mine {
		return err
	}
	if err := s.fault(Claimed); err != nil {
		return err
	}
	_, err = s.settle(ctx, p.ID, look{source: paymentstep.SourceRecovery, wait: s.patient})
	if errors.Is(err, errMissing) { // That is said once for all of them.
		return nil
	}
	if isUnanswered(err) || errs.CodeOf(err) == errs.Unavailable {
		s.log.WarnContext(ctx, "a payment could not be looked at; it will be again", "payment", p.ID, "error", err)
		return nil
	}
	return err
}

// claim puts off the next look at a payment; false when another process was faster. One that dies now has only cost time.
func (s *Service) claim(ctx context.Context, p *ent.Payment) (mine bool, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		set := tx.Client().Payment.Update().AddChecks(1)
		looked := *p
		looked.Checks++
		next := nextCheck(&looked, s.now())
		if next == nil { // The last look: only one that has an answer ends the looking.
			again := s.now().Add(lastWait)
			next = &again
		}
		setNextCheck(set, next)
		n, err := set.Where(payment.ID(p.ID), payment.Checks(p.Checks), payment.NextCheckAtLTE(s.now())).Save(ctx)
		mine = n == 1
		return wrap("claim", err)
	})
	return mine, err
}

// nextCheck is when the recovery looks again at a payment that stands as p does; nil for never.
func nextCheck(p *ent.Payment, now time.Time) *time.Time {
	switch p.Status {
	case payment.StatusPending, payment.StatusFailed, payment.StatusExpired:
		if !now.Before(p.ExpiresAt) && p.Status != payment.StatusPending { // PENDING ends only with the gateway's answer.
			return lateCheck(p, now)
		}
		next := now.Add(min(firstCheck<<min(p.Checks, 10), lastWait))
		if now.Before(p.ExpiresAt) && next.After(p.ExpiresAt) {
			next = p.ExpiresAt
		}
		return &next
	case payment.StatusPaid, payment.StatusPartiallyRefunded, payment.StatusDisputed, payment.StatusRejected:
		return dailyUntil(p.CreatedAt.Add(watched), now)
	default:
		return nil
	}
}

// lateCheck is the same for one whose time is over: money may be on its way where the gateway last waited for it, as for a
// transfer to a virtual account.
func lateCheck(p *ent.Payment, now time.Time) *time.Time {
	switch pay.Status(p.GatewayStatus) {
	case pay.VirtualAccountIssued, pay.Pending:
		return dailyUntil(p.ExpiresAt.Add(late), now)
	default:
		return nil
	}
}

func dailyUntil(end, now time.Time) *time.Time {
	if next := now.Add(daily); !next.After(end) {
		return &next
	}
	return nil
}

func setNextCheck(set *ent.PaymentUpdate, at *time.Time) {
	if at == nil {
		set.ClearNextCheckAt()
		return
	}
	set.SetNextCheckAt(*at)
}

// isUnanswered says that the gateway could not be asked, which is nobody's fault here.
func isUnanswered(err error) bool {
	var none unanswered
	return errors.As(err, &none)
}

// Check looks at one payment in the background, for a caller who did not wait for the gateway any longer.
func (s *Service) Check(ctx context.Context, id oid.Payment) error {
	_, err := s.settle(ctx, id, look{source: paymentstep.SourceRecovery, wait: s.patient})
	return err
}

// PurgeNotices forgets deliveries that no gateway repeats any more, and answers how many.
func (s *Service) PurgeNotices(ctx context.Context, now time.Time) (n int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err = tx.Client().PaymentNotice.Delete().Where(paymentnotice.CreatedAtLT(now.Add(-noticesKept))).Exec(ctx)
		return wrap("purge notices", err)
	})
	return n, err
}
