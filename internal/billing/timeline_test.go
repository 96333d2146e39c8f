package billing_test

import (
	"testing"

	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/pay"
)

// TestAVirtualAccountIsNotedOnce: the step shows the user that they must transfer money.
func TestAVirtualAccountIsNotedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		for _, status := range []pay.Status{pay.Pending, pay.VirtualAccountIssued, pay.VirtualAccountIssued, pay.Pending, pay.VirtualAccountIssued} {
			x.setAndNotify(p, is(status))
		}
		x.setAndNotify(p, paid)
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypeVirtualAccountIssued, paymentstep.TypePaid, paymentstep.TypeGranted)
	})
}
