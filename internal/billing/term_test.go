package billing

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
)

// Prices of which one is twice the other, so that values are easy to compute.
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

// until is a term with the given days left at noon, which began the day before.
func until(plan catalog.Plan, n float64) term {
	began := noon.Add(-24 * time.Hour)
	return term{plan: plan, since: &began}.withLeft(days(n), noon)
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
			got := r.grant(c.from, c.buy, days(30), r.convert, noon)
			if got.plan != c.plan || got.left(noon) != days(c.left) {
				t.Errorf("%s with %v, want %s with %v days", got.plan, got.left(noon), c.plan, c.left)
			}
			if since := got.since.Equal(noon); since != c.fresh {
				t.Errorf("it began anew: %v, want %v", since, c.fresh)
			}
		})
	}
	if got := r.grant(endless, catalog.Premium, days(30), r.convert, noon); got != endless {
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
			own, st := origin{plan: c.of}, credits{}
			st[own] = &credit{held: days(c.days), cost: r.convert(days(c.days), c.of, c.from.plan, true)}
			if c.rest != "" {
				st[origin{c.rest, oid.New[oid.Payment]()}] = &credit{held: days(100), cost: r.convert(days(100), c.rest, c.from.plan, true)}
			}
			got, taken := r.takeBack(c.from, st, own, days(c.days), noon)
			if got.plan != c.plan || got.left(noon) != days(c.left) || taken != days(c.taken) {
				t.Errorf("%s with %v, %v taken; want %s with %v days, %v taken", got.plan, got.left(noon), taken, c.plan, c.left, c.taken)
			}
			if got.ends.Before(noon) && c.left >= 0 {
				t.Errorf("it ends %v, before now", got.ends)
			}
		})
	}
	endless := term{plan: catalog.Standard}
	if got, taken := r.takeBack(endless, credits{}, origin{plan: catalog.Standard}, days(30), noon); got != endless || taken != 0 {
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

// money is the value of a term: its time times the price of its plan, without rounding.
func (r rates) money(t term) int64 {
	if !t.isActive(noon) {
		return 0
	}
	return int64(t.left(noon)) * r.plans.Get(t.plan).Amount
}

// No sequence of grants and take-backs creates value or a negative time. If no time passes, taking a grant
// back whole restores the state before it, except for the microseconds that conversions round off.
func TestValueIsNeverMade(t *testing.T) {
	t.Parallel()
	r := loadRates(t, nil) // As shipped: the ratio of the prices is never whole.
	for range 500 {
		b, worth := newBook(r), int64(0)
		for range 1 + rand.IntN(12) {
			if held := b.held(); len(held) > 0 && rand.IntN(2) == 0 {
				own := held[rand.IntN(len(held))]
				worth -= int64(b.takeBack(own)) * r.plans.Get(own.plan).Amount
			} else {
				own, d := b.grant([]catalog.Plan{catalog.Standard, catalog.Premium}[rand.IntN(2)], micros(1+rand.Int64N(int64(days(30)))))
				worth += int64(d) * r.plans.Get(own.plan).Amount
			}
			if got := r.money(b.now); got > worth {
				t.Fatalf("%+v is worth %v, granted were %v", b.now, got, worth)
			}
			if b.now.ends != nil && b.now.left(noon) < 0 {
				t.Fatalf("%+v lasts less than nothing", b.now)
			}
			if slack := worth - r.money(b.now); slack > 24*20_000*12 {
				t.Fatalf("%v microseconds' worth was lost", slack/20_000)
			}
		}
	}
}

// TestGrantAndTakeBackIsTheIdentity for any change of the prices in between, which PLANS_FILE may make at any
// time.
func TestGrantAndTakeBackIsTheIdentity(t *testing.T) {
	t.Parallel()
	lists := []rates{loadRates(t, nil), loadRates(t, []byte(simplePlans)), loadRates(t, priced(9_900, 99_000)), loadRates(t, priced(19_800, 19_900))}
	plans := []catalog.Plan{catalog.Standard, catalog.Premium}
	for range 1_000 {
		b := newBook(lists[0])
		first, d := b.grant(plans[rand.IntN(2)], micros(1+rand.Int64N(int64(days(400)))))
		for range 1 + rand.IntN(5) {
			b.r = lists[rand.IntN(len(lists))]
			b.grant(plans[rand.IntN(2)], micros(1+rand.Int64N(int64(days(400)))))
			if rand.IntN(3) == 0 { // Disputed, and not lost.
				held := b.held()
				own := held[rand.IntN(len(held))]
				b.r = lists[rand.IntN(len(lists))]
				b.restore(own, b.takeBack(own))
			}
		}
		for _, own := range b.held() {
			if b.r = lists[rand.IntN(len(lists))]; own != first {
				b.takeBack(own)
			}
		}
		if lost := d - b.now.left(noon); b.now.plan != first.plan || lost < 0 || lost > 100 {
			t.Fatalf("%v of %s and more were granted, all but the first taken back: %v of %s, %d microseconds less, by %v", d, first.plan, b.now.left(noon), b.now.plan, int64(lost), b.rows)
		}
	}
}

// TestAnUpgradeAtOtherPricesIsUndone: exactly the remaining days of the former plan come back.
func TestAnUpgradeAtOtherPricesIsUndone(t *testing.T) {
	t.Parallel()
	for _, later := range [][]byte{nil, priced(10_000, 11_000), priced(10_000, 90_000)} {
		b := newBook(loadRates(t, []byte(simplePlans)))
		b.grant(catalog.Standard, days(30))
		up, _ := b.grant(catalog.Premium, days(30))
		b.r = loadRates(t, later)
		b.takeBack(up)
		if b.now.plan != catalog.Standard || b.now.left(noon) != days(30) {
			t.Errorf("%v of %s are left", b.now.left(noon), b.now.plan)
		}
	}
}

// TestADisputeThatEndsWellLeavesWhatThereWas for any change of the prices meanwhile.
func TestADisputeThatEndsWellLeavesWhatThereWas(t *testing.T) {
	t.Parallel()
	for _, later := range [][]byte{nil, priced(10_000, 11_000), priced(10_000, 90_000)} {
		for _, disputed := range []int{0, 1} {
			b := newBook(loadRates(t, []byte(simplePlans)))
			b.grant(catalog.Standard, days(30))
			b.grant(catalog.Premium, days(30))
			own := b.held()[disputed]
			b.r = loadRates(t, later)
			b.restore(own, b.takeBack(own))
			if b.now.plan != catalog.Premium || b.now.left(noon) != days(45) {
				t.Errorf("%s disputed: %v of %s are left", own.plan, b.now.left(noon), b.now.plan)
			}
		}
	}
}

// priced is a list of plans with other prices.
func priced(standard, premium int) []byte {
	return []byte(strings.NewReplacer("10000", strconv.Itoa(standard), "20000", strconv.Itoa(premium)).Replace(simplePlans))
}

// book is a membership at noon with its history, in the form of the database, and the present prices.
type book struct {
	r    rates
	now  term
	rows []*ent.MembershipChange
}

func newBook(r rates) *book { return &book{r: r, now: term{plan: catalog.Free}} }

func (b *book) credits() credits { return creditsOf(b.r, b.rows) }

// held are the origins of the present time, in their order.
func (b *book) held() (out []origin) {
	st := b.credits()
	for _, c := range b.rows {
		if own := originOf(c); st.of(own).held > 0 && !slices.Contains(out, own) {
			out = append(out, own)
		}
	}
	return out
}

func (b *book) grant(plan catalog.Plan, d micros) (origin, micros) {
	own := origin{plan, oid.New[oid.Payment]()}
	b.add(own, d, b.r.convert)
	return own, d
}

func (b *book) restore(own origin, d micros) { b.add(own, d, b.r.reversal(b.credits(), own)) }

func (b *book) add(own origin, d micros, by exchange) {
	b.now = b.r.grant(b.now, own.plan, d, by, noon)
	b.write(own, membershipchange.KindGrant, d)
}

// takeBack takes all time of an origin.
func (b *book) takeBack(own origin) micros {
	st := b.credits()
	after, taken := b.r.takeBack(b.now, st, own, st.of(own).held, noon)
	if taken > 0 {
		b.now = after
		b.write(own, membershipchange.KindTakeBack, -taken)
	}
	return taken
}

func (b *book) write(own origin, kind membershipchange.Kind, d micros) {
	b.rows = append(b.rows, &ent.MembershipChange{
		PaymentID: &own.payment, Kind: kind, Plan: membershipchange.Plan(own.plan), Micros: int64(d),
		TypeAfter: membershipchange.TypeAfter(b.now.plan), ExpiresAfter: b.now.ends, CreatedAt: noon,
	})
}
