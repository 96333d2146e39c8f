package billing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

func TestRefund(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		recorded := 0
		actor := billing.Actor{User: storetest.User(t, x.st), Record: func(context.Context, *store.Tx, *ent.Payment, int64) error {
			recorded++
			return nil
		}}
		refund := func(p *ent.Payment, amount *int64, key string) error {
			_, err := x.Refund(t.Context(), actor, p.ID.String(), amount, "why", key)
			return err
		}
		wantReason(t, refund(x.prepare(catalog.Standard), nil, "unpaid"), errs.WrongStatus)
		p := x.buy(catalog.Standard)
		for _, wrong := range []int64{0, -1, 9901} {
			wantReason(t, refund(p, &wrong, "wrong"), errs.InvalidValue)
		}
		part := int64(3300)
		must(t, refund(p, &part, "a"))
		must(t, refund(p, &part, "a"))
		x.wantMember(catalog.Standard, 20*day)
		x.wantStatus(p, payment.StatusPartiallyRefunded)
		wantCode(t, refund(p, nil, "a"), errs.IdempotencyConflict)
		must(t, refund(p, nil, "b"))
		x.wantMember(catalog.Standard, 0)
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypePaid, paymentstep.TypeGranted,
			paymentstep.TypeRefundRequested, paymentstep.TypePartiallyRefunded, paymentstep.TypeTakenBack, paymentstep.TypeChecked,
			paymentstep.TypeRefundRequested, paymentstep.TypeRefunded, paymentstep.TypeTakenBack)
		if recorded != 2 || len(x.gateway.cancels) != 2 {
			t.Errorf("%d recorded, %d paid back", recorded, len(x.gateway.cancels))
		}
		_, err := x.Refund(t.Context(), actor, "pay_x", nil, "why", "c")
		wantCode(t, err, errs.NotFound)
	})
}

func TestARefundIsCompletedOnceTheGatewayAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		actor := billing.Actor{User: storetest.User(t, x.st)}
		x.gateway.fail(true, false)
		_, err := x.Refund(t.Context(), actor, p.ID.String(), nil, "why", "a")
		wantCode(t, err, errs.Unavailable)
		x.wantStatus(p, payment.StatusPaid)
		x.gateway.fail(false, false)
		got, err := x.Refund(t.Context(), actor, p.ID.String(), nil, "why", "a")
		must(t, err)
		if got.Status != payment.StatusRefunded || len(x.gateway.cancels) != 1 {
			t.Errorf("it is %s, paid back %d times", got.Status, len(x.gateway.cancels))
		}
	})
}

// TestARefundThatNeverHappenedIsNoSuccess: another refund came between the first call and its repetition.
func TestARefundThatNeverHappenedIsNoSuccess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		actor, part := billing.Actor{User: storetest.User(t, x.st)}, int64(100)
		refund := func(key string) error {
			_, err := x.Refund(t.Context(), actor, p.ID.String(), &part, "why", key)
			return err
		}
		x.gateway.fail(true, false)
		wantCode(t, refund("a"), errs.Unavailable)
		x.gateway.fail(false, false)
		must(t, refund("b"))
		wantCode(t, refund("a"), errs.Conflict)
		wantCode(t, refund("a"), errs.Conflict)
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypePaid, paymentstep.TypeGranted, paymentstep.TypeRefundRequested,
			paymentstep.TypeRefundRequested, paymentstep.TypePartiallyRefunded, paymentstep.TypeTakenBack, paymentstep.TypeRefundRefused)
		must(t, refund("b")) // What happened stays a success, also when the gateway remembers its key no more.
		x.gateway.cancels = map[string]bool{}
		must(t, refund("b"))
		if got := x.read(p).RefundedAmount; got != part {
			t.Errorf("%d were paid back", got)
		}
	})
}

// A refund and an order that end between any two steps are completed once, by the same key or by the
// recovery.
func TestRefundsAndOrdersThatEndAnywhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for _, at := range []billing.Point{billing.RefundRequested, billing.RefundOrdered, billing.Answered, billing.Granted, billing.Settled} {
			x := open(t, st)
			p := x.buy(catalog.Standard)
			actor := billing.Actor{User: storetest.User(t, st)}
			_, err := x.dying(at).Refund(t.Context(), actor, p.ID.String(), nil, "why", "a")
			wantDeath(t, at, err)
			got, err := x.Refund(t.Context(), actor, p.ID.String(), nil, "why", "a")
			must(t, err)
			if got.Status != payment.StatusRefunded || len(x.gateway.cancels) != 1 {
				t.Errorf("ended when %s: it is %s, paid back %d times", at, got.Status, len(x.gateway.cancels))
			}
			x.wantMember(catalog.Standard, 0)
		}
		for _, at := range []billing.Point{billing.Prepared, billing.Registered} {
			x := open(t, st)
			in := billing.PrepareInput{Plan: catalog.Standard, Key: "order"}
			_, err := x.dying(at).Prepare(t.Context(), x.user, in)
			wantDeath(t, at, err)
			p, err := x.Prepare(t.Context(), x.user, in)
			must(t, err)
			if n, err := st.Client().Payment.Query().Where(payment.UserID(x.user)).Count(t.Context()); n != 1 || err != nil {
				t.Errorf("ended when %s: %d orders, %v", at, n, err)
			}
			x.advance(2 * firstCheck)
			must(t, x.Recover(t.Context()))
			if _, ok := x.gateway.order(p.GatewayID); !ok {
				t.Errorf("ended when %s: the gateway was never told", at)
			}
		}
	})
}

// dying is the service whose work ends at a point.
func (x *harness) dying(at billing.Point) *billing.Service {
	return service(x.t, x.st, x.gateway, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
		if point == at {
			return errDied
		}
		return nil
	}})
}

func wantDeath(t *testing.T, at billing.Point, err error) {
	t.Helper()
	if !errors.Is(err, errDied) {
		t.Errorf("it did not end when %s: %v", at, err)
	}
}
