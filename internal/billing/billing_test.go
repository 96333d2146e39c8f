package billing_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

func TestAPaymentGrantsItsDaysOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		if _, ok := x.gateway.order(p.GatewayID); !ok || x.checkout(p) == nil {
			t.Error("the gateway was not told of the order")
		}
		if got := x.complete(p); got.Status != payment.StatusPending {
			t.Errorf("before it is paid it is %s", got.Status)
		}
		x.setPayment(p, paid)
		for range 3 {
			if got := x.complete(p); got.Status != payment.StatusPaid || got.GrantedAt == nil || x.checkout(got) != nil {
				t.Errorf("paid, it is %+v", got)
			}
			x.setAndNotify(p, paid)
			must(t, x.Recover(t.Context()))
		}
		x.wantMember(catalog.Standard, 30*day)
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypeChecked, paymentstep.TypePaid, paymentstep.TypeGranted, paymentstep.TypeChecked)
		if x.grants(p) != 1 {
			t.Errorf("%d grants", x.grants(p))
		}
	})
}

func TestRefundsAndDisputesTakeBackExactlyWhatWasGranted(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *harness) {
		first := x.buy(catalog.Standard)
		x.advance(10 * day)
		second := x.buy(catalog.Premium) // 20 days of STANDARD become 9.95 of PREMIUM.
		converted := 20 * day / 199 * 99
		x.wantMember(catalog.Premium, 30*day+converted)
		x.setAndNotify(second, returned(19900/2))
		x.wantMember(catalog.Premium, 15*day+converted)
		x.wantStatus(second, payment.StatusPartiallyRefunded)
		x.setAndNotify(second, returned(19900))
		x.wantMember(catalog.Standard, 20*day)
		x.wantStatus(second, payment.StatusRefunded)
		x.setAndNotify(second, paid)
		x.wantStatus(second, payment.StatusRefunded)
		x.setAndNotify(first, disputed) // Ten of its days are used up.
		x.wantMember(catalog.Standard, 0)
		x.advance(5 * day)
		x.setAndNotify(first, paid)
		x.wantMember(catalog.Standard, 20*day)
		x.wantSteps(first, paymentstep.TypePrepared, paymentstep.TypePaid, paymentstep.TypeGranted,
			paymentstep.TypeDisputed, paymentstep.TypeTakenBack, paymentstep.TypeDisputeResolved, paymentstep.TypeGranted)
		x.setAndNotify(first, returned(9900))
		x.wantMember(catalog.Standard, 0)
	})
}

func TestWhatIsUsedUpIsNotTakenFromALaterMembership(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		old := x.buy(catalog.Standard)
		x.advance(40 * day)
		x.buy(catalog.Standard)
		x.setAndNotify(old, returned(9900))
		x.wantMember(catalog.Standard, 30*day)
		rows, err := x.Steps(t.Context(), old.ID)
		must(t, err)
		if last := rows[len(rows)-1]; last.Type != paymentstep.TypeTakenBack || last.Detail == "" {
			t.Errorf("the timeline does not say that nothing was left: %+v", last)
		}
	})
}

func TestAMembershipWithoutEndStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		must(t, x.st.Client().User.UpdateOneID(x.user).SetMembershipType("PREMIUM").ClearMembershipExpiresAt().Exec(t.Context()))
		x.setPayment(p, paid)
		if got := x.complete(p); got.GrantedAt == nil || got.Status != payment.StatusPaid {
			t.Errorf("%+v", got)
		}
		x.setAndNotify(p, disputed)
		x.setAndNotify(p, paid)
		u, err := x.st.Client().User.Get(t.Context(), x.user)
		must(t, err)
		if u.MembershipType != "PREMIUM" || u.MembershipExpiresAt != nil {
			t.Errorf("it became %s until %v", u.MembershipType, u.MembershipExpiresAt)
		}
		_, err = x.Prepare(t.Context(), x.user, billing.PrepareInput{Plan: catalog.Premium, Key: x.key()})
		wantReason(t, err, errs.WrongStatus)
	})
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		ctx := t.Context()
		_, err := x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Free, Key: "a"})
		wantReason(t, err, errs.InvalidValue)
		x.gateway.fail(true, false) // A gateway that is down does not prevent an order.
		one, err := x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Standard, Key: "a"})
		must(t, err)
		x.gateway.fail(false, false)
		again, err := x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Standard, Key: "a"})
		must(t, err)
		if again.ID != one.ID {
			t.Error("the same key ordered twice")
		}
		x.complete(one)
		if len(x.gateway.registered) != 1 {
			t.Error("the gateway was not told later")
		}
		_, err = x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Premium, Key: "a"})
		wantCode(t, err, errs.IdempotencyConflict)
		var group sync.WaitGroup
		var made, refused atomic.Int32
		for range 2 * billing.MaxPending {
			group.Go(func() {
				if _, err := x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Standard, Key: x.key()}); err == nil {
					made.Add(1)
				} else if es, ok := errs.InputOf(err); ok && es[0].Reason == errs.LimitReached {
					refused.Add(1)
				}
			})
		}
		group.Wait()
		if made.Load() != billing.MaxPending-1 || refused.Load() != billing.MaxPending+1 {
			t.Errorf("%d made, %d refused", made.Load(), refused.Load())
		}
		x.advance(25 * time.Hour)
		x.buy(catalog.Premium)
		_, err = x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Standard, Key: x.key()})
		wantReason(t, err, errs.WrongStatus)
		must(t, x.st.Client().User.UpdateOneID(x.user).SetDeletesAt(noon).Exec(ctx))
		_, err = x.Prepare(ctx, x.user, billing.PrepareInput{Plan: catalog.Premium, Key: x.key()})
		wantCode(t, err, errs.Forbidden)
	})
}

func TestOthersPaymentsAreNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		for _, id := range []string{p.ID.String(), oid.New[oid.Payment]().String(), "pay_x", x.user.String(), ""} {
			_, err := x.Complete(t.Context(), storetest.User(t, x.st), id)
			wantCode(t, err, errs.NotFound)
		}
	})
}

// TestPlansWithoutAPriceCannotBeOrdered, whatever the caller requests and whatever was ordered before.
func TestPlansWithoutAPriceCannotBeOrdered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		for _, plan := range []catalog.Plan{catalog.Free, "", "standard", "Premium", "GOLD"} {
			_, err := x.Prepare(t.Context(), x.user, billing.PrepareInput{Plan: plan, Key: x.key()})
			wantReason(t, err, errs.InvalidValue)
		}
		if n := x.st.Client().Payment.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d orders were written", n)
		}
	})
}

func TestGiveAndForgetAUser(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		give := func(plan catalog.Plan, n int) error {
			return x.st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return x.Give(ctx, tx, x.user, plan, n) })
		}
		wantReason(t, give(catalog.Free, 1), errs.InvalidValue)
		wantReason(t, give(catalog.Standard, 0), errs.InvalidValue)
		wantReason(t, give(catalog.Standard, 40_000), errs.InvalidValue)
		must(t, give(catalog.Standard, 10))
		p := x.buy(catalog.Premium)
		x.setAndNotify(p, returned(19900))
		x.wantMember(catalog.Standard, 10*day)
		p = x.prepare(catalog.Standard)
		must(t, x.st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return x.Forget(ctx, tx, x.user) }))
		if got := x.read(p); got.UserID != nil {
			t.Error("the payment still names the person")
		}
		x.setAndNotify(p, paid)
		x.wantStatus(p, payment.StatusRejected) // The account is gone, so an operator must refund.
	})
}
