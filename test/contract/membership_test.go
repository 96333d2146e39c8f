package contract

import (
	"slices"
	"testing"
)

// Anybody may read what memberships there are, what they cost and for how long; an order has that very price and name.
func TestPlansAreWhatOrdersCost(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	type plan struct {
		Type, Name string
		Price      struct {
			Amount   int
			Currency string
		}
		Days  *int
		Daily struct{ Tokens, Images, VideoMs int }
	}
	a := w.signedOut().get(t, `{ plans { type name(language: KO) price { amount currency } days daily { tokens images videoMs } } }`, nil)
	plans := decoded[[]plan](t, a.at("plans"))
	if types := a.list("plans", "type"); !slices.Equal(types, []string{"FREE", "STANDARD", "PREMIUM"}) {
		t.Fatalf("the memberships are %v", types)
	}
	if free := plans[0]; free.Price.Amount != 0 || free.Days != nil || free.Daily.Tokens == 0 {
		t.Errorf("FREE is %+v", free)
	}
	for i, want := range []struct {
		name, orderName string
		amount          int
	}{{}, {"스탠다드", "WEAV-AI 스탠다드 30일", 9900}, {"프리미엄", "WEAV-AI 프리미엄 30일", 19900}} {
		got := plans[i]
		if i == 0 {
			continue
		}
		if got.Name != want.name || got.Price.Amount != want.amount || got.Price.Currency != "KRW" || got.Days == nil || *got.Days != 30 {
			t.Errorf("%s is %+v", got.Type, got)
		}
		if below := plans[i-1].Daily; got.Daily.Tokens <= below.Tokens || got.Daily.Images <= below.Images || got.Daily.VideoMs <= below.VideoMs {
			t.Errorf("%s includes %+v, no more than %+v", got.Type, got.Daily, below)
		}
		order := w.person(t, got.Type).orderPlan(t, got.Type)
		if order.OrderName != want.orderName || order.Price != got.Price || order.Checkout == nil {
			t.Errorf("an order of %s is %+v", got.Type, order)
		}
	}
}
