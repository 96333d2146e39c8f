package billing_test

import (
	"testing"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/pay"
)

// TestWhatWasCancelledBeforeItWasPaidHasFailed: nothing was paid, so nothing was refunded.
func TestWhatWasCancelledBeforeItWasPaidHasFailed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setAndNotify(p, is(pay.VirtualAccountIssued))
		x.setAndNotify(p, is(pay.Cancelled))
		x.wantStatus(p, payment.StatusFailed)
		if got := x.read(p); got.RefundedAmount != 0 || got.PaidAt != nil {
			t.Errorf("%d were paid back of what was paid at %v", got.RefundedAmount, got.PaidAt)
		}
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypeVirtualAccountIssued, paymentstep.TypeFailed)
		bought := x.buy(catalog.Standard)
		x.setAndNotify(bought, func(got *pay.Payment) { got.Status, got.Paid = pay.Cancelled, 0 }) // A gateway may count what is left.
		x.wantStatus(bought, payment.StatusRefunded)
	})
}
