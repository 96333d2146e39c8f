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
	// firstCheck is the delay of the first check after an order. Each further delay is twice as long.
	firstCheck = 2 * time.Minute
	// lastWait is the longest delay between two checks of an unpaid payment.
	lastWait = time.Hour
	// daily is the delay between two checks of a paid or expired payment.
	daily = 24 * time.Hour
	// lateWindow is how long after its expiry an unpaid payment is checked daily, if a transfer may still
	// arrive.
	lateWindow = 7 * daily
	// roundSize is the number of payments that one round checks, checksAtOnce how many of them run
	// concurrently.
	roundSize    = 200
	checksAtOnce = 8
	// noticeRetention is how long deliveries are stored, so that a repetition is recognised. Gateways repeat
	// them for hours.
	noticeRetention = 7 * 24 * time.Hour
)

// Recover checks the payments that are due: unpaid ones whose user or notice was lost, and paid ones that may
// have been refunded or disputed. Any number of processes may run it concurrently. A gateway that cannot be
// reached is no error, since the payments are checked again later.
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

// recoverOne checks a payment unless another process has claimed it.
func (s *Service) recoverOne(ctx context.Context, p *ent.Payment) error {
	mine, err := s.claim(ctx, p)
	if err != nil || !mine {
		return err
	}
	if err := s.fault(Claimed); err != nil {
		return err
	}
	_, err = s.settle(ctx, p.ID, check{source: paymentstep.SourceRecovery, wait: s.checkWait})
	if errors.Is(err, errMissing) { // It is logged once per gateway, not per payment.
		return nil
	}
	if isUnanswered(err) || errs.CodeOf(err) == errs.Unavailable {
		s.log.WarnContext(ctx, "a payment could not be checked at; it will be again", "payment", p.ID, "error", err)
		return nil
	}
	return err
}

// claim postpones the next check of a payment; false when another process was faster. The check is postponed
// before the gateway is queried, so a process that dies costs only a delay and no second request is sent
// meanwhile.
func (s *Service) claim(ctx context.Context, p *ent.Payment) (mine bool, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		set := tx.Client().Payment.Update().AddChecks(1)
		checked := *p
		checked.Checks++
		next := nextCheck(&checked, s.now())
		if next == nil { // This is the last check. It is repeated until the gateway answers.
			retry := s.now().Add(lastWait)
			next = &retry
		}
		setNextCheck(set, next)
		n, err := set.Where(payment.ID(p.ID), payment.Checks(p.Checks), payment.NextCheckAtLTE(s.now())).Save(ctx)
		mine = n == 1
		return wrap("claim", err)
	})
	return mine, err
}

// nextCheck is when the recovery checks a payment of this status again; nil for never.
func nextCheck(p *ent.Payment, now time.Time) *time.Time {
	switch p.Status {
	case payment.StatusPending, payment.StatusFailed, payment.StatusExpired:
		if !now.Before(p.ExpiresAt) && p.Status != payment.StatusPending { // A PENDING payment ends only with an answer of the gateway.
			return lateCheck(p, now)
		}
		// The shift is bounded, since a larger one overflows; lastWait is reached long before.
		next := now.Add(min(firstCheck<<min(p.Checks, 10), lastWait))
		if now.Before(p.ExpiresAt) && next.After(p.ExpiresAt) {
			next = p.ExpiresAt
		}
		return &next
	case payment.StatusPaid, payment.StatusPartiallyRefunded, payment.StatusDisputed, payment.StatusRejected:
		return dailyUntil(p.CreatedAt.Add(watchPeriod), now)
	default:
		return nil
	}
}

// lateCheck is nextCheck for an expired payment. Money may still arrive where the gateway last waited for it,
// as for a transfer to a virtual account.
func lateCheck(p *ent.Payment, now time.Time) *time.Time {
	switch pay.Status(p.GatewayStatus) {
	case pay.VirtualAccountIssued, pay.Pending:
		return dailyUntil(p.ExpiresAt.Add(lateWindow), now)
	default:
		return nil
	}
}

// dailyUntil is one day from now; nil when that is after end.
func dailyUntil(end, now time.Time) *time.Time {
	if next := now.Add(daily); !next.After(end) {
		return &next
	}
	return nil
}

// setNextCheck sets the time of the next check; nil ends the checks.
func setNextCheck(set *ent.PaymentUpdate, at *time.Time) {
	if at == nil {
		set.ClearNextCheckAt()
		return
	}
	set.SetNextCheckAt(*at)
}

// isUnanswered reports whether the gateway could not be reached.
func isUnanswered(err error) bool {
	var none unansweredError
	return errors.As(err, &none)
}

// Check checks one payment in the background, for a caller who no longer waits for the gateway.
func (s *Service) Check(ctx context.Context, id oid.Payment) error {
	_, err := s.settle(ctx, id, check{source: paymentstep.SourceRecovery, wait: s.checkWait})
	return err
}

// PurgeNotices deletes deliveries that no gateway repeats any more, and returns how many.
func (s *Service) PurgeNotices(ctx context.Context, now time.Time) (n int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err = tx.Client().PaymentNotice.Delete().Where(paymentnotice.CreatedAtLT(now.Add(-noticeRetention))).Exec(ctx)
		return wrap("purge notices", err)
	})
	return n, err
}
