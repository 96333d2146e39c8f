package billing_test

import (
	"testing"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
)

// dearer are plans with another price, length and name than the shipped ones.
const dearer = `plans:
  - {type: FREE, name: {en: Free, ko: F}, daily: {tokens: 1, images: 1, videoSeconds: 1}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: dearer, amount: 12900, currency: KRW, days: 20, daily: {tokens: 2, images: 2, videoSeconds: 2}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: dearest, amount: 29900, currency: KRW, days: 20, daily: {tokens: 3, images: 3, videoSeconds: 3}}
`

// An order has the price, days and name of the moment it was made. A change of the plans while it is pending
// does not change it, and money of the new price does not match it.
func TestAnOrderKeepsItsPrice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		old, short := x.prepare(catalog.Standard), x.prepare(catalog.Standard)
		plans, err := membership.Load(membership.Settings{Billing: true, File: []byte(dearer), Name: "dearer.yaml"})
		must(t, err)
		x.Service = serviceOf(x.st, x.gateway, plans, billing.Config{Now: x.clock})
		replayed, err := x.Prepare(t.Context(), x.user, billing.PrepareInput{Plan: catalog.Standard, Key: "key 1"})
		must(t, err)
		if replayed.ID != old.ID || replayed.Amount != 9900 || replayed.Days != 30 {
			t.Errorf("the same key answers %+v", replayed)
		}
		x.setPayment(old, paid)
		if got := x.complete(old); got.Status != payment.StatusPaid || got.Amount != 9900 || got.OrderName != old.OrderName {
			t.Errorf("at its old price it is %+v", got)
		}
		x.wantMember(catalog.Standard, 30*day)
		short.Amount = 12900 // The amount at PortOne, not the ordered one.
		x.setPayment(short, paid)
		if got := x.complete(short); got.Status != payment.StatusRejected {
			t.Errorf("at the new price it is %s", got.Status)
		}
		x.setAndNotify(old, returned(half))
		x.wantMember(catalog.Standard, 15*day)
		if later := x.prepare(catalog.Standard); later.Amount != 12900 || later.Days != 20 || later.OrderName != "dearer" {
			t.Errorf("a new order is %+v", later)
		}
	})
}
