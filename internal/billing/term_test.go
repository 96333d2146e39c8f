package billing

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
)

// Prices of which one is twice the other, so that values can be reckoned in one's head.
const simplePlans = `plans:
  - {type: FREE, name: {en: F, ko: F}, daily: {tokens: 1, images: 1, videoSeconds: 1}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: S, amount: 10000, currency: KRW, days: 30, daily: {tokens: 1, images: 1, videoSeconds: 1}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: P, amount: 20000, currency: KRW, days: 30, daily: {tokens: 1, images: 1, videoSeconds: 1}}
`

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func loadRates(t *testing.T, file []byte) rates {
	t.Helper()
	p, err := membership.Load(membership.Settings{Billing: true, File: file, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return rates{p}
}

func days(n float64) micros { return micros(n * float64(perDay)) }

// until is a term with so many days left at noon, which began the day before.
func until(plan catalog.Plan, n float64) term {
	began := noon.Add(-24 * time.Hour)
	return term{plan: plan, since: &began}.lasting(days(n), noon)
}

func TestGrant(t *testing.T) {
	t.Parallel()
	r := loadRates(t, []byte(simplePlans))
	free, endless := term{plan: catalog.Free}, term{plan: catalog.Premium}
	for name, c := range map[string]struct {
		from  term
		buy   catalog.Plan
		plan  catalog.Plan
		left  float64
		fresh bool
	}{
		"of nothing":                        {free, catalog.Standard, catalog.Standard, 30, true},
		"of what has just ended":            {until(catalog.Standard, 0), catalog.Standard, catalog.Standard, 30, true},
		"of what ended long ago":            {until(catalog.Premium, -100), catalog.Standard, catalog.Standard, 30, true},
		"early renewal adds":                {until(catalog.Standard, 12), catalog.Standard, catalog.Standard, 42, false},
		"upgrade keeps the value":           {until(catalog.Standard, 10), catalog.Premium, catalog.Premium, 35, false},
		"a lower one turns into the higher": {until(catalog.Premium, 10), catalog.Standard, catalog.Premium, 25, false},
		"renewal of the higher":             {until(catalog.Premium, 0.5), catalog.Premium, catalog.Premium, 30.5, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.grant(c.from, c.buy, days(30), noon)
			if got.plan != c.plan || got.left(noon) != days(c.left) {
				t.Errorf("%s with %v, want %s with %v days", got.plan, got.left(noon), c.plan, c.left)
			}
			if since := got.since.Equal(noon); since != c.fresh {
				t.Errorf("it began anew: %v, want %v", since, c.fresh)
			}
		})
	}
	if got := r.grant(endless, catalog.Premium, days(30), noon); got != endless {
		t.Errorf("a membership without end became %+v", got)
	}
}

func TestTakeBack(t *testing.T) {
	t.Parallel()
	r := loadRates(t, []byte(simplePlans))
	for name, c := range map[string]struct {
		from  term
		of    catalog.Plan
		days  float64
		rest  catalog.Plan
		plan  catalog.Plan
		left  float64
		taken float64
	}{
		"a part":                              {until(catalog.Standard, 30), catalog.Standard, 12, catalog.Standard, catalog.Standard, 18, 12},
		"all ends it":                         {until(catalog.Standard, 30), catalog.Standard, 30, "", catalog.Standard, 0, 30},
		"what is used up is not taken":        {until(catalog.Standard, 10), catalog.Standard, 30, "", catalog.Standard, 0, 10},
		"a lower one's share of a higher":     {until(catalog.Premium, 35), catalog.Standard, 10, catalog.Premium, catalog.Premium, 30, 10},
		"the higher goes, the lower remains":  {until(catalog.Premium, 35), catalog.Premium, 30, catalog.Standard, catalog.Standard, 10, 30},
		"the higher goes, another one stays":  {until(catalog.Premium, 60), catalog.Premium, 30, catalog.Premium, catalog.Premium, 30, 30},
		"more than is left of a higher":       {until(catalog.Premium, 5), catalog.Standard, 30, "", catalog.Premium, 0, 10},
		"what has ended has nothing to take":  {until(catalog.Standard, -1), catalog.Standard, 30, "", catalog.Standard, -1, 0},
		"nothing remains, time of no payment": {until(catalog.Premium, 35), catalog.Premium, 30, "", catalog.Premium, 5, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, taken := r.takeBack(c.from, c.of, days(c.days), c.rest, noon)
			if got.plan != c.plan || got.left(noon) != days(c.left) || taken != days(c.taken) {
				t.Errorf("%s with %v, %v taken; want %s with %v days, %v taken", got.plan, got.left(noon), taken, c.plan, c.left, c.taken)
			}
			if got.ends.Before(noon) && c.left >= 0 {
				t.Errorf("it ends %v, before now", got.ends)
			}
		})
	}
	endless := term{plan: catalog.Standard}
	if got, taken := r.takeBack(endless, catalog.Standard, days(30), "", noon); got != endless || taken != 0 {
		t.Errorf("of a membership without end: %+v, %v taken", got, taken)
	}
}

func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	for range 2_000 {
		price := 1 + rand.Int64N(1_000_000)
		a := rand.Int64N(price + 1)
		b := a + rand.Int64N(price-a+1)
		sum := share(30, a, price) + (share(30, b, price) - share(30, a, price)) + (share(30, price, price) - share(30, b, price))
		if sum != days(30) || share(30, b, price) < share(30, a, price) {
			t.Fatalf("of %d: %d and %d make %v", price, a, b, sum)
		}
	}
	if share(30, 9_000_000_000_000_000_000, 9_200_000_000_000_000_000) <= days(29) {
		t.Error("a share of a great price overflows")
	}
}

// money is what a term is worth: its time times the price of its membership, without rounding.
func (r rates) money(t term) int64 {
	if !t.isActive(noon) {
		return 0
	}
	return int64(t.left(noon)) * r.plans.Get(t.plan).Amount
}

// No order of grants and take-backs makes value or a time below zero; without time passing, what is taken back whole
// leaves what was there before, but for the microseconds that turning it into another membership rounds off.
func TestValueIsNeverMade(t *testing.T) {
	t.Parallel()
	r := loadRates(t, nil) // As shipped: prices whose ratio never comes out even.
	plans := []catalog.Plan{catalog.Standard, catalog.Premium}
	for range 500 {
		now, granted := term{plan: catalog.Free}, map[catalog.Plan][]micros{}
		var worth int64
		for range 1 + rand.IntN(12) {
			plan := plans[rand.IntN(2)]
			price := r.plans.Get(plan).Amount
			if n := len(granted[plan]); n > 0 && rand.IntN(2) == 0 {
				d := granted[plan][n-1]
				granted[plan] = granted[plan][:n-1]
				var taken micros
				now, taken = r.takeBack(now, plan, d, rest(granted), noon)
				worth -= int64(taken) * price
			} else {
				d := micros(1 + rand.Int64N(int64(days(30))))
				granted[plan] = append(granted[plan], d)
				now = r.grant(now, plan, d, noon)
				worth += int64(d) * price
			}
			if got := r.money(now); got > worth {
				t.Fatalf("%+v is worth %v, granted were %v", now, got, worth)
			}
			if now.left(noon) < 0 {
				t.Fatalf("%+v lasts less than nothing", now)
			}
			if slack := worth - r.money(now); slack > 24*20_000*3 {
				t.Fatalf("%v microseconds' worth was lost", slack/20_000)
			}
		}
	}
}

func rest(granted map[catalog.Plan][]micros) catalog.Plan {
	for _, p := range []catalog.Plan{catalog.Premium, catalog.Standard} {
		if len(granted[p]) > 0 {
			return p
		}
	}
	return ""
}

func TestGrantAndTakeBackIsTheIdentity(t *testing.T) {
	t.Parallel()
	r := loadRates(t, nil)
	for range 1_000 {
		before := until(catalog.Standard, 0).lasting(micros(1+rand.Int64N(int64(days(400)))), noon)
		d := micros(1 + rand.Int64N(int64(days(400))))
		same, _ := r.takeBack(r.grant(before, catalog.Standard, d, noon), catalog.Standard, d, catalog.Standard, noon)
		if same.plan != before.plan || !same.ends.Equal(*before.ends) {
			t.Fatalf("renewed by %v and taken back: %v, was %v", d, same.left(noon), before.left(noon))
		}
		up, _ := r.takeBack(r.grant(before, catalog.Premium, d, noon), catalog.Premium, d, catalog.Standard, noon)
		if lost := before.left(noon) - up.left(noon); lost < 0 || lost > 3 || (up.left(noon) > 0 && up.plan != catalog.Standard) {
			t.Fatalf("upgraded by %v and taken back: %s, %v microseconds less", d, up.plan, int64(lost))
		}
	}
}
