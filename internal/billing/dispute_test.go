package billing_test

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// partly is the answer of a gateway that reports disputes only before any refund, as PortOne does.
func partly(amount int64) func(*pay.Payment) {
	return func(p *pay.Payment) {
		returned(amount)(p)
		p.DisputeUnknown = true
	}
}

// notifyDispute delivers a notice about a dispute that began or ended at a time.
func (x *harness) notifyDispute(p *ent.Payment, word pay.Dispute, at time.Time) {
	x.t.Helper()
	header, body := notice(x.key(), p.GatewayID)
	header.Set("dispute", string(word))
	header.Set("at", at.Format(time.RFC3339Nano))
	must(x.t, x.Notice(x.t.Context(), header, body))
}

// TestADisputeOfAPartlyCancelledPaymentEndsByItsNotice: the gateway's answers contain no disputes then.
func TestADisputeOfAPartlyCancelledPaymentEndsByItsNotice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		x.setAndNotify(p, disputed)
		x.setAndNotify(p, partly(half))
		x.wantStatus(p, payment.StatusDisputed)
		x.advance(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusDisputed) // No check ends the dispute.
		x.wantMember(catalog.Standard, -day)
		x.notifyDispute(p, pay.DisputeResolved, noon)
		x.wantStatus(p, payment.StatusPartiallyRefunded)
		x.wantMember(catalog.Standard, 15*day)
		x.advance(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusPartiallyRefunded)
	})
}

// TestADisputeOfAPartlyRefundedPaymentIsSeen according to the newest notice, in whatever order the notices
// arrive.
func TestADisputeOfAPartlyRefundedPaymentIsSeen(t *testing.T) {
	t.Parallel()
	began, ended, again := noon.Add(time.Hour), noon.Add(2*time.Hour), noon.Add(3*time.Hour)
	each(t, func(_ *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		x.setAndNotify(p, partly(half))
		x.wantStatus(p, payment.StatusPartiallyRefunded)
		for _, tt := range []struct {
			word pay.Dispute
			at   time.Time
			want payment.Status
			left time.Duration
		}{
			{pay.DisputeCreated, began, payment.StatusDisputed, 0},
			{pay.DisputeResolved, ended, payment.StatusPartiallyRefunded, 15 * day},
			{pay.DisputeCreated, began, payment.StatusPartiallyRefunded, 15 * day}, // A late repetition of the first.
			{pay.DisputeCreated, ended, payment.StatusPartiallyRefunded, 15 * day},
			{pay.DisputeCreated, time.Time{}, payment.StatusPartiallyRefunded, 15 * day},
			{pay.DisputeCreated, again, payment.StatusDisputed, 0},
			{pay.DisputeResolved, ended, payment.StatusDisputed, 0},
			{"", again.Add(time.Hour), payment.StatusDisputed, 0},
			{pay.DisputeResolved, again, payment.StatusPartiallyRefunded, 15 * day},
		} {
			x.notifyDispute(p, tt.word, tt.at)
			x.wantStatus(p, tt.want)
			x.wantMember(catalog.Standard, tt.left)
		}
		x.notifyDispute(x.buy(catalog.Standard), pay.DisputeCreated, began) // Where the gateway reports disputes, its answer counts.
		x.wantMember(catalog.Standard, 45*day)
	})
}

// TestTheEndOfADisputeMayComeBeforeItsBeginning: it is stored while the gateway still reports disputes, for
// when it no longer does.
func TestTheEndOfADisputeMayComeBeforeItsBeginning(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		x.notifyDispute(p, pay.DisputeResolved, noon.Add(time.Hour))
		x.setAndNotify(p, partly(half))
		x.notifyDispute(p, pay.DisputeCreated, noon)
		x.wantStatus(p, payment.StatusPartiallyRefunded)
	})
}

func TestADisputedPaymentCanBePaidBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		x.setAndNotify(p, disputed)
		actor, part := billing.Actor{User: storetest.User(t, x.st)}, int64(half)
		_, err := x.Refund(t.Context(), actor, p.ID.String(), &part, "why", "a")
		must(t, err)
		x.wantStatus(p, payment.StatusDisputed)
		_, err = x.Refund(t.Context(), actor, p.ID.String(), nil, "why", "b")
		must(t, err)
		x.wantStatus(p, payment.StatusRefunded)
		x.wantMember(catalog.Standard, 0)
	})
}
