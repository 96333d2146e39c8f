package billing_test

import (
	"testing"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
)

// dearer are memberships of another price, length and name than those that are shipped.
const dearer = `plans:
  - {type: FREE, name: {en: Free, ko: F}, daily: {tokens: 1, images: 1, videoSeconds: 1}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: dearer, amount: 12900, currency: KRW, days: 20, daily: {tokens: 2, images: 2, videoSeconds: 2}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: dearest, amount: 29900, currency: KRW, days: 20, daily: {tokens: 3, images: 3, videoSeconds: 3}}
`

// An order's price, days and name are those of the moment it was made: a change of the memberships while it is paid changes nothing of it,
// and money of the new price does not fit it.
func TestAnOrderKeepsItsPrice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		old, short := x.prepare(catalog.Standard), x.prepare(catalog.Standard)
		plans, err := membership.Load(membership.Settings{Billing: true, File: []byte(dearer), Name: "dearer.yaml"})
		must(t, err)
		x.Service = serviceOf(x.st, x.desk, plans, billing.Config{Now: x.clock})
		replayed, err := x.Prepare(t.Context(), x.user, billing.PrepareInput{Plan: catalog.Standard, Key: "key 1"})
		must(t, err)
		if replayed.ID != old.ID || replayed.Amount != 9900 || replayed.Days != 30 {
			t.Errorf("the same key answers %+v", replayed)
		}
		x.says(old, paid)
		if got := x.complete(old); got.Status != payment.StatusPaid || got.Amount != 9900 || got.OrderName != old.OrderName {
			t.Errorf("at its old price it is %+v", got)
		}
		x.wantMember(catalog.Standard, 30*day)
		short.Amount = 12900 // What PortOne is paid, not what was ordered.
		x.says(short, paid)
		if got := x.complete(short); got.Status != payment.StatusRejected {
			t.Errorf("at the new price it is %s", got.Status)
		}
		x.told(old, returned(half))
		x.wantMember(catalog.Standard, 15*day)
		if later := x.prepare(catalog.Standard); later.Amount != 12900 || later.Days != 20 || later.OrderName != "dearer" {
			t.Errorf("a new order is %+v", later)
		}
	})
}
