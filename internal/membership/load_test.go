package membership_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
)

// good is a list that is in order; the cases change one thing of it.
const good = `plans:
  - {type: FREE, name: {en: F, ko: F}, daily: {tokens: 1, images: 1, videoSeconds: 1}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: S30, amount: 9900, currency: KRW, days: 30, daily: {tokens: 1, images: 1, videoSeconds: 1}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: P30, amount: 19900, currency: KRW, days: 30, daily: {tokens: 1, images: 1, videoSeconds: 1}}
`

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	_, premium, _ := strings.Cut(good, "  - {type: PREMIUM")
	const standard = "plans of a test: STANDARD: "
	const apart = "plans of a test: STANDARD and PREMIUM need one currency and as many days, and PREMIUM costs more"
	const order = "plans of a test: it must have FREE, STANDARD and PREMIUM, in this order"
	for _, tt := range []struct{ name, old, new, want string }{
		{"nothing", "", "", "<nil>"},
		{"no YAML", good, "plans: [", "plans of a test: yaml"},
		{"nothing in it", good, "", "plans of a test: EOF"},
		{"a field that nobody knows", "days: 30", "days: 30, weeks: 4", "plans of a test: yaml"},
		{"no name", "{en: S, ko: S}", "{en: S}", standard + "`name` needs `en` and `ko`"},
		{"less than nothing a day", "tokens: 1", "tokens: -1", "plans of a test: FREE: `daily` cannot be below 0"},
		{"no order name", "orderName: S30, ", "", standard + "`orderName` is missing"},
		{"no price", "amount: 9900", "amount: 0", standard + "`amount` must be above 0"},
		{"a price below nothing", "amount: 9900", "amount: -1", standard + "`amount` must be above 0"},
		{"no currency", "currency: KRW, ", "", standard + "`currency` is a code such as KRW"},
		{"no days", "days: 30, ", "", standard + "`days` must be from 1 to 366"},
		{"too many days", "days: 30", "days: 367", standard + "`days` must be from 1 to 366"},
		{"FREE has a price", "{type: FREE, ", "{type: FREE, amount: 1, ", "plans of a test: FREE: FREE has no `amount` and no `days`"},
		{"one is missing", "  - {type: PREMIUM" + premium, "", order},
		{"another order", "STANDARD", "PREMIUM", order},
		{"one that nobody knows", "PREMIUM", "GOLD", order},
		{"two currencies", "KRW", "USD", apart},
		{"other days", "days: 30", "days: 31", apart},
		{"PREMIUM costs no more", "19900", "9900", apart},
		{"two faults", "orderName: S30, amount: 9900", "amount: 0", standard + "`orderName` is missing\n" + standard + "`amount` must be above 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := strings.Replace(good, tt.old, tt.new, 1)
			_, err := membership.Load(membership.Settings{Billing: true, File: []byte(file), Name: "plans of a test"})
			if got := fmt.Sprint(err); !strings.HasPrefix(got, tt.want) {
				t.Errorf("error = %s, want %s", got, tt.want)
			}
		})
	}
}

// TestLoadAsShipped: without a file there are the memberships that ship, at the product's prices.
func TestLoadAsShipped(t *testing.T) {
	t.Parallel()
	p, err := membership.Load(membership.Settings{Billing: true})
	if err != nil {
		t.Fatal(err)
	}
	for plan, amount := range map[catalog.Plan]int64{catalog.Free: 0, catalog.Standard: 9900, catalog.Premium: 19900} {
		if got := p.Get(plan); got.Amount != amount || got.Currency != "KRW" || amount > 0 && got.Days != 30 {
			t.Errorf("%s costs %d %s for %d days", plan, got.Amount, got.Currency, got.Days)
		}
	}
}
