package billing_test

import (
	"testing"

	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/pay"
)

// TestAVirtualAccountIsToldOnce: it is what tells a person to transfer the money.
func TestAVirtualAccountIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		for _, status := range []pay.Status{pay.Pending, pay.VirtualAccountIssued, pay.VirtualAccountIssued, pay.Pending, pay.VirtualAccountIssued} {
			x.told(p, is(status))
		}
		x.told(p, paid)
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypeVirtualAccountIssued, paymentstep.TypePaid, paymentstep.TypeGranted)
	})
}
