package billing_test

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/pay"
)

func TestRecoveryBacksOffAndExpires(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		var waits []int
		for x.read(p).Status == payment.StatusPending {
			due := x.read(p).NextCheckAt.Sub(x.clock())
			waits = append(waits, int(due.Minutes()))
			x.advance(due - time.Microsecond)
			before := x.gateway.queries
			must(t, x.Recover(t.Context()))
			if x.gateway.queries != before {
				t.Fatal("it was looked at too early")
			}
			x.advance(time.Microsecond)
			must(t, x.Recover(t.Context()))
		}
		if len(waits) < 8 || !equal(waits[:7], []int{2, 4, 8, 16, 32, 60, 60}) {
			t.Errorf("it waited %v minutes", waits)
		}
		x.wantStatus(p, payment.StatusExpired)
		if at := x.clock().Sub(noon); at != billing.PayWithin || x.read(p).NextCheckAt != nil {
			t.Errorf("it expired after %v", at)
		}
		x.setAndNotify(p, paid) // A payment after the expiry counts.
		x.wantStatus(p, payment.StatusPaid)
		x.wantMember(catalog.Standard, 30*day)
		x.setPayment(p, returned(9900)) // The notice of this is lost.
		x.advance(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusRefunded)
	})
}

// TestOnlyAnAnsweredCheckEndsTheRecovery: a gateway that is down at the last check does not cost the user
// their days.
func TestOnlyAnAnsweredCheckEndsTheRecovery(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setAndNotify(p, func(got *pay.Payment) { got.Status = pay.Failed })
		x.wantStatus(p, payment.StatusFailed)
		x.setPayment(p, paid) // The user tried again, and the notice is lost.
		x.advance(billing.PayWithin)
		x.gateway.fail(true, false)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusFailed)
		if x.read(p).NextCheckAt == nil {
			t.Fatal("nobody looks again")
		}
		x.gateway.fail(false, false)
		x.advance(2 * time.Hour)
		must(t, x.Recover(t.Context()))
		x.wantMember(catalog.Standard, 30*day)
	})
}

// TestTheRecoveryStopsCheckingFailedPayments: the last answer that changes nothing ends the checks.
func TestTheRecoveryStopsCheckingFailedPayments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setAndNotify(p, func(got *pay.Payment) { got.Status = pay.Failed })
		x.advance(billing.PayWithin)
		must(t, x.Recover(t.Context()))
		if at := x.read(p).NextCheckAt; at != nil {
			t.Errorf("it is looked at again at %s", at)
		}
	})
}

// TestAVirtualAccountIsCheckedAfterItsPaymentExpired: a transfer a few days later grants the membership,
// although no notice arrives.
func TestAVirtualAccountIsCheckedAfterItsPaymentExpired(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		for _, waits := range []pay.Status{pay.VirtualAccountIssued, pay.Pending} {
			p, never := x.prepare(catalog.Standard), x.prepare(catalog.Standard)
			x.setAndNotify(p, is(waits))
			x.setAndNotify(never, is(waits))
			x.advance(billing.PayWithin)
			must(t, x.Recover(t.Context()))
			x.wantStatus(p, payment.StatusExpired)
			x.advance(5 * day)
			x.setPayment(p, paid)
			must(t, x.Recover(t.Context()))
			x.wantStatus(p, payment.StatusPaid)
			for range 3 {
				x.advance(day)
				must(t, x.Recover(t.Context()))
			}
			x.wantStatus(never, payment.StatusExpired)
			if at := x.read(never).NextCheckAt; at != nil {
				t.Errorf("%s: it is looked at for ever, next at %v", waits, at)
			}
		}
	})
}

// TestACancelledVirtualAccountIsNotChecked: no transfer can arrive any more.
func TestACancelledVirtualAccountIsNotChecked(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setAndNotify(p, is(pay.VirtualAccountIssued))
		x.advance(billing.PayWithin)
		must(t, x.Recover(t.Context()))
		if x.read(p).NextCheckAt == nil {
			t.Error("nobody looks at it")
		}
		x.setAndNotify(p, is(pay.Failed))
		if at := x.read(p).NextCheckAt; at != nil {
			t.Errorf("it is looked at again at %v", at)
		}
	})
}

func TestAGatewayThatHangsIsCheckedInTheBackground(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setPayment(p, paid)
		x.gateway.fail(false, true)
		for range 3 {
			if got := x.complete(p); got.Status != payment.StatusPending {
				t.Errorf("without an answer it is %s", got.Status)
			}
		}
		depths, err := x.st.QueueDepths(t.Context())
		must(t, err)
		if n := depths[billing.Queue]; n != 1 {
			t.Errorf("%d looks wait, want one: %v", n, depths)
		}
		x.gateway.fail(false, false)
		must(t, x.Check(t.Context(), p.ID))
		x.wantMember(catalog.Standard, 30*day)
	})
}

func TestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setPayment(p, paid)
		header, body := notice("n", p.GatewayID)
		bad := header.Clone()
		bad.Set("signature", "bad")
		wantCode(t, x.Notice(t.Context(), bad, body), errs.Forbidden)
		x.gateway.fail(true, false)
		wantCode(t, x.Notice(t.Context(), header, body), errs.Unavailable)
		x.wantStatus(p, payment.StatusPending)
		x.gateway.fail(false, false)
		must(t, x.Notice(t.Context(), header, body))
		x.wantStatus(p, payment.StatusPaid)
		before := x.gateway.queries
		must(t, x.Notice(t.Context(), header, body))
		if x.gateway.queries != before {
			t.Error("a repeated notice queried the gateway")
		}
		unknown, of := notice("m", "nobody's")
		must(t, x.Notice(t.Context(), unknown, of))
		empty, none := notice("o", "")
		must(t, x.Notice(t.Context(), empty, none))
		n, err := x.PurgeNotices(t.Context(), noon.Add(8*day))
		must(t, err)
		if n != 1 {
			t.Errorf("%d deliveries were forgotten", n)
		}
	})
}
