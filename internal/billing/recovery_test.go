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
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		var waits []int
		for x.read(p).Status == payment.StatusPending {
			due := x.read(p).NextCheckAt.Sub(x.clock())
			waits = append(waits, int(due.Minutes()))
			x.pass(due - time.Microsecond)
			before := x.desk.asked
			must(t, x.Recover(t.Context()))
			if x.desk.asked != before {
				t.Fatal("it was looked at too early")
			}
			x.pass(time.Microsecond)
			must(t, x.Recover(t.Context()))
		}
		if len(waits) < 8 || !equal(waits[:7], []int{2, 4, 8, 16, 32, 60, 60}) {
			t.Errorf("it waited %v minutes", waits)
		}
		x.wantStatus(p, payment.StatusExpired)
		if at := x.clock().Sub(noon); at != billing.PayWithin || x.read(p).NextCheckAt != nil {
			t.Errorf("it expired after %v", at)
		}
		x.told(p, paid) // Money that comes late counts.
		x.wantStatus(p, payment.StatusPaid)
		x.wantMember(catalog.Standard, 30*day)
		x.says(p, returned(9900)) // The notice of this is lost.
		x.pass(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusRefunded)
	})
}

// TestTheLastLookIsOneThatHasAnAnswer: a gateway that is down just then costs nobody their days.
func TestTheLastLookIsOneThatHasAnAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.told(p, func(got *pay.Payment) { got.Status = pay.Failed })
		x.wantStatus(p, payment.StatusFailed)
		x.says(p, paid) // The person tried again, and the notice is lost.
		x.pass(billing.PayWithin)
		x.desk.fail(true, false)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusFailed)
		if x.read(p).NextCheckAt == nil {
			t.Fatal("nobody looks again")
		}
		x.desk.fail(false, false)
		x.pass(2 * time.Hour)
		must(t, x.Recover(t.Context()))
		x.wantMember(catalog.Standard, 30*day)
	})
}

// TestFailedPaymentsAreNotLookedAtForEver: the last answer that brings nothing new ends the looking.
func TestFailedPaymentsAreNotLookedAtForEver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.told(p, func(got *pay.Payment) { got.Status = pay.Failed })
		x.pass(billing.PayWithin)
		must(t, x.Recover(t.Context()))
		if at := x.read(p).NextCheckAt; at != nil {
			t.Errorf("it is looked at again at %s", at)
		}
	})
}

// TestAVirtualAccountIsWatchedPastItsTime: whoever transfers the money a few days later has their membership, though no notice comes.
func TestAVirtualAccountIsWatchedPastItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		for _, waits := range []pay.Status{pay.VirtualAccountIssued, pay.Pending} {
			p, never := x.prepare(catalog.Standard), x.prepare(catalog.Standard)
			x.told(p, is(waits))
			x.told(never, is(waits))
			x.pass(billing.PayWithin)
			must(t, x.Recover(t.Context()))
			x.wantStatus(p, payment.StatusExpired)
			x.pass(5 * day)
			x.says(p, paid)
			must(t, x.Recover(t.Context()))
			x.wantStatus(p, payment.StatusPaid)
			for range 3 {
				x.pass(day)
				must(t, x.Recover(t.Context()))
			}
			x.wantStatus(never, payment.StatusExpired)
			if at := x.read(never).NextCheckAt; at != nil {
				t.Errorf("%s: it is looked at for ever, next at %v", waits, at)
			}
		}
	})
}

// TestAnAccountThatIsGivenUpIsNotWatched: nothing is on its way any more.
func TestAnAccountThatIsGivenUpIsNotWatched(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.told(p, is(pay.VirtualAccountIssued))
		x.pass(billing.PayWithin)
		must(t, x.Recover(t.Context()))
		if x.read(p).NextCheckAt == nil {
			t.Error("nobody looks at it")
		}
		x.told(p, is(pay.Failed))
		if at := x.read(p).NextCheckAt; at != nil {
			t.Errorf("it is looked at again at %v", at)
		}
	})
}

func TestAGatewayThatHangsIsAskedAgainInTheBackground(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.says(p, paid)
		x.desk.fail(false, true)
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
		x.desk.fail(false, false)
		must(t, x.Check(t.Context(), p.ID))
		x.wantMember(catalog.Standard, 30*day)
	})
}

func TestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.says(p, paid)
		header, body := notice("n", p.GatewayID)
		bad := header.Clone()
		bad.Set("signature", "bad")
		wantCode(t, x.Notice(t.Context(), bad, body), errs.Forbidden)
		x.desk.fail(true, false)
		wantCode(t, x.Notice(t.Context(), header, body), errs.Unavailable)
		x.wantStatus(p, payment.StatusPending)
		x.desk.fail(false, false)
		must(t, x.Notice(t.Context(), header, body))
		x.wantStatus(p, payment.StatusPaid)
		asked := x.desk.asked
		must(t, x.Notice(t.Context(), header, body))
		if x.desk.asked != asked {
			t.Error("a repeated notice asked the gateway")
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
