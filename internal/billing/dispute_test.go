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

// partly is what a gateway says that tells of disputes only while nothing was given back, as PortOne does.
func partly(amount int64) func(*pay.Payment) {
	return func(p *pay.Payment) {
		returned(amount)(p)
		p.DisputeUnknown = true
	}
}

// disputeTold delivers a notice about a dispute that began or ended at a time.
func (x *till) disputeTold(p *ent.Payment, word pay.Dispute, at time.Time) {
	x.t.Helper()
	header, body := notice(x.key(), p.GatewayID)
	header.Set("dispute", string(word))
	header.Set("at", at.Format(time.RFC3339Nano))
	must(x.t, x.Notice(x.t.Context(), header, body))
}

// TestADisputeOfAPartlyCancelledPaymentEndsByItsNotice: the gateway's answers tell nothing of it then.
func TestADisputeOfAPartlyCancelledPaymentEndsByItsNotice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.buy(catalog.Standard)
		x.told(p, disputed)
		x.told(p, partly(half))
		x.wantStatus(p, payment.StatusDisputed)
		x.pass(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusDisputed) // No look ends it.
		x.wantMember(catalog.Standard, -day)
		x.disputeTold(p, pay.DisputeResolved, noon)
		x.wantStatus(p, payment.StatusPartiallyRefunded)
		x.wantMember(catalog.Standard, 15*day)
		x.pass(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(p, payment.StatusPartiallyRefunded)
	})
}

// TestADisputeOfAPartlyRefundedPaymentIsSeen, and seen as the newest word has it, in whatever order the notices come.
func TestADisputeOfAPartlyRefundedPaymentIsSeen(t *testing.T) {
	t.Parallel()
	began, ended, again := noon.Add(time.Hour), noon.Add(2*time.Hour), noon.Add(3*time.Hour)
	each(t, func(_ *testing.T, x *till) {
		p := x.buy(catalog.Standard)
		x.told(p, partly(half))
		x.wantStatus(p, payment.StatusPartiallyRefunded)
		for _, told := range []struct {
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
			x.disputeTold(p, told.word, told.at)
			x.wantStatus(p, told.want)
			x.wantMember(catalog.Standard, told.left)
		}
		x.disputeTold(x.buy(catalog.Standard), pay.DisputeCreated, began) // Where the gateway tells, that counts.
		x.wantMember(catalog.Standard, 45*day)
	})
}

// TestTheEndOfADisputeMayComeBeforeItsBeginning: it is remembered while the gateway still tells, for when it does not.
func TestTheEndOfADisputeMayComeBeforeItsBeginning(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *till) {
		p := x.buy(catalog.Standard)
		x.disputeTold(p, pay.DisputeResolved, noon.Add(time.Hour))
		x.told(p, partly(half))
		x.disputeTold(p, pay.DisputeCreated, noon)
		x.wantStatus(p, payment.StatusPartiallyRefunded)
	})
}

func TestADisputedPaymentCanBePaidBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.buy(catalog.Standard)
		x.told(p, disputed)
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
