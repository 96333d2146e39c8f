package usage_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/keymonth"
	"github.com/weav-ai/weav/ent/ledgerentry"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// plans have small quotas, which are used up soon.
const plans = `plans:
  - {type: FREE, name: {en: F, ko: F}, daily: {tokens: 1000, images: 2, videoSeconds: 8}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: S, amount: 9900, currency: KRW, days: 30, daily: {tokens: 5000, images: 10, videoSeconds: 60}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: P, amount: 19900, currency: KRW, days: 30, daily: {tokens: 50000, images: 100, videoSeconds: 600}, priority: true, ownKeys: true}
`

// seoul is nine hours ahead of UTC, without summer time.
var seoul = time.FixedZone("KST", 9*60*60)

// book is a ledger with a user and a clock.
type book struct {
	*usage.Ledger
	t    *testing.T
	st   *store.Store
	user oid.User
	now  atomic.Pointer[time.Time]
}

func open(t *testing.T, st *store.Store, billing bool) *book {
	t.Helper()
	b := &book{t: t, st: st, user: storetest.User(t, st)}
	b.at("2026-11-23T12:00:00Z")
	cat, err := catalog.Load(catalog.Settings{Billing: billing, Configured: func(string) bool { return true }, Now: func() time.Time { return *b.now.Load() }})
	if err != nil {
		t.Fatal(err)
	}
	p, err := membership.Load(membership.Settings{Billing: billing, File: []byte(plans), Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	b.Ledger = usage.NewLedger(usage.Parts{Store: st, Catalog: cat, Plans: p, Zone: seoul, Now: func() time.Time { return *b.now.Load() }})
	return b
}

func (b *book) at(moment string) {
	b.t.Helper()
	now, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		b.t.Fatal(err)
	}
	b.now.Store(&now)
}

func (b *book) model(id string) catalog.Model {
	b.t.Helper()
	m, ok := b.Catalog.Get(id)
	if !ok {
		b.t.Fatalf("the catalogue has no %s", id)
	}
	return m
}

// unpriced is a model as an operator may offer one, without a known price.
func (b *book) unpriced() catalog.Model {
	m := b.model("gpt-6-sol")
	m.Prices = nil
	return m
}

// tokens is an order of a text.
func (b *book) tokens(n int64) usage.Order {
	return usage.Order{User: b.user, Run: oid.New[oid.Run](), Model: b.model("sandbox-writer"), Most: catalog.Consumed{Input: n / 2, Output: n - n/2}}
}

func (b *book) hold(ctx context.Context, o usage.Order) (held usage.Held, err error) {
	err = b.st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		held, err = b.Hold(ctx, tx, o)
		return err
	})
	return held, err
}

func (b *book) settle(o usage.Order, used usage.Tokens, charged bool) error {
	return b.st.Tx(b.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return b.Settle(ctx, tx, usage.Row{Run: o.Run, User: o.User, Purpose: entusage.PurposeReply, Charged: charged, Model: o.Model.ID, ModelID: o.Model.ID, Tokens: used})
	})
}

func used(in, out int64) usage.Tokens {
	return usage.Tokens{Input: in, Output: out, Source: entusage.SourceProvider}
}

func (b *book) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) wantCode(err error, want errs.Code) {
	b.t.Helper()
	if errs.CodeOf(err) != want {
		b.t.Errorf("error = %v, want %q", err, want)
	}
}

func (b *book) wantTokens(used, held int64) {
	b.t.Helper()
	q, err := b.Quota(b.t.Context(), b.user)
	b.must(err)
	if q.Used.Tokens != used || q.Held.Tokens != held {
		b.t.Errorf("quota = %d used and %d held, want %d and %d", q.Used.Tokens, q.Held.Tokens, used, held)
	}
}

// wantBalanced checks the ledger's promise: what was held equals what was settled and released, and the day's
// balance is the sum.
func (b *book) wantBalanced() {
	b.t.Helper()
	rows, err := b.st.Client().LedgerEntry.Query().All(b.t.Context())
	b.must(err)
	sums := map[oid.Run]map[ledgerentry.Kind]int64{}
	for _, r := range rows {
		if sums[r.RunID] == nil {
			sums[r.RunID] = map[ledgerentry.Kind]int64{}
		}
		sums[r.RunID][r.Kind] += r.Tokens
	}
	var usedSum, heldSum int64
	for run, of := range sums {
		_, ended := of[ledgerentry.KindRelease]
		if ended && of[ledgerentry.KindHold] != of[ledgerentry.KindSettle]+of[ledgerentry.KindRelease] {
			b.t.Errorf("%s held %d, settled %d and released %d", run, of[ledgerentry.KindHold], of[ledgerentry.KindSettle], of[ledgerentry.KindRelease])
		}
		usedSum += of[ledgerentry.KindSettle]
		if !ended {
			heldSum += of[ledgerentry.KindHold]
		}
	}
	days, err := b.st.Client().QuotaDay.Query().All(b.t.Context())
	b.must(err)
	for _, d := range days {
		usedSum, heldSum = usedSum-d.TokensUsed, heldSum-d.TokensHeld
	}
	if usedSum != 0 || heldSum != 0 {
		b.t.Errorf("the days' balances differ from the entries by %d used and %d held", usedSum, heldSum)
	}
}

func each(t *testing.T, test func(b *book)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(open(t, st, true)) })
}

func TestWhatWasUsedIsChargedAndTheRestReleased(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		used    usage.Tokens
		charged bool
		want    int64
	}{
		{"less than held", used(100, 50), true, 150},
		{"all of it", used(200, 200), true, 400},
		{"more than held", used(900, 900), true, 400},
		{"failed", used(100, 50), false, 0},
		{"nothing", used(0, 0), true, 0},
	}
	each(t, func(b *book) {
		total := int64(0)
		for _, tt := range tests {
			o := b.tokens(400)
			_, err := b.hold(t.Context(), o)
			b.must(err)
			b.wantTokens(total, 400)
			b.must(b.settle(o, tt.used, tt.charged))
			total += tt.want
			b.wantTokens(total, 0)
			row := b.st.Client().Usage.GetX(t.Context(), o.Run)
			if row.InputTokens != tt.used.Input || row.IsCharged != tt.charged || row.Day != "2026-11-23" {
				b.t.Errorf("%s: the row of usage is %v", tt.name, row)
			}
			if total > 500 {
				b.user, total = storetest.User(b.t, b.st), 0 // A user without usage today.
			}
			b.wantBalanced()
		}
	})
}

// No entry can be changed or deleted, not even by SQL, except with its user.
func TestTheLedgerOnlyGrows(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		_, err := b.hold(b.t.Context(), b.tokens(400))
		b.must(err)
		statements := []string{"UPDATE ledger_entries SET tokens = 0", "DELETE FROM ledger_entries"}
		if b.st.Dialect() == store.Postgres {
			statements = append(statements, "TRUNCATE ledger_entries")
		}
		for _, statement := range statements {
			if _, err := b.st.Client().ExecContext(b.t.Context(), statement); err == nil || !strings.Contains(err.Error(), "only grows") {
				b.t.Errorf("%s: %v", statement, err)
			}
		}
		b.must(b.st.Client().User.UpdateOneID(b.user).SetDeletesAt(*b.now.Load()).Exec(b.t.Context()))
		n, err := b.st.Client().LedgerEntry.Delete().Exec(b.t.Context())
		if err != nil || n != 1 {
			b.t.Errorf("with its person %d entries went: %v", n, err)
		}
	})
}

func TestARunIsSettledOnce(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		o := b.tokens(400)
		_, err := b.hold(b.t.Context(), o)
		b.must(err)
		if _, err := b.hold(b.t.Context(), o); err == nil {
			b.t.Error("a run held twice")
		}
		b.must(b.settle(o, used(10, 10), true))
		if b.settle(o, used(10, 10), true) == nil {
			b.t.Error("a run was settled twice")
		}
		b.must(b.st.Tx(b.t.Context(), func(ctx context.Context, tx *store.Tx) error { return b.Release(ctx, tx, o.Run) }))
		b.wantTokens(20, 0)
		b.wantBalanced()
	})
}

func TestARetriedRunTakesTheHoldOver(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.at("2026-11-23T14:59:59Z") // 23:59:59 in Seoul
		first := b.tokens(400)
		_, err := b.hold(b.t.Context(), first)
		b.must(err)
		b.at("2026-11-23T15:00:01Z")
		again := first
		again.Run = oid.New[oid.Run]()
		b.must(b.st.Tx(b.t.Context(), func(ctx context.Context, tx *store.Tx) error { return b.Transfer(ctx, tx, first.Run, again.Run) }))
		b.wantBalanced()
		b.must(b.settle(again, used(100, 0), true))
		b.wantTokens(0, 0) // Of the new day.
		b.at("2026-11-23T14:59:59Z")
		b.wantTokens(100, 0)
		b.wantBalanced()
	})
}

func TestTheNextDayBeginsAtMidnightOfTheZone(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.at("2026-11-23T14:59:59Z")
		_, err := b.hold(b.t.Context(), b.tokens(1000))
		b.must(err)
		_, err = b.hold(b.t.Context(), b.tokens(1))
		b.wantCode(err, errs.QuotaExceeded)
		q, err := b.Quota(b.t.Context(), b.user)
		b.must(err)
		if want := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC); !q.ResetsAt.Equal(want) || q.Day != "2026-11-23" {
			b.t.Errorf("the day %s ends at %v, want %v", q.Day, q.ResetsAt, want)
		}
		b.at("2026-11-23T15:00:00Z")
		_, err = b.hold(b.t.Context(), b.tokens(1000))
		b.must(err)
	})
}

func TestQuotaExceededNamesWhatIsLeftAndThePlanNeeded(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		_, err := b.hold(b.t.Context(), b.tokens(700))
		b.must(err)
		_, err = b.hold(b.t.Context(), b.tokens(400))
		b.wantCode(err, errs.QuotaExceeded)
		var e *errs.Error
		if !asError(err, &e) {
			b.t.FailNow()
		}
		left, _ := e.Extensions["left"].(map[string]int64)
		if left["tokens"] != 300 || e.Extensions["planNeeded"] != "STANDARD" || !e.Retryable || e.RetryAfter != 3*time.Hour {
			b.t.Errorf("extensions = %v, retry %v after %v", e.Extensions, e.Retryable, e.RetryAfter)
		}
		_, err = b.hold(b.t.Context(), b.tokens(2000))
		b.wantCode(err, errs.QuotaExceeded)
		asError(err, &e)
		if e.Retryable {
			b.t.Error("what never fits a day is refusal to be retryable")
		}
		b.wantTokens(0, 700)
	})
}

func TestEachUnitHasItsOwnQuota(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		_, err := b.hold(b.t.Context(), b.tokens(1000))
		b.must(err)
		image := usage.Order{User: b.user, Model: b.model("sandbox-painter"), Most: catalog.Consumed{Images: 1, Size: "1024x1024"}}
		video := usage.Order{User: b.user, Model: b.model("sandbox-filmer"), Most: catalog.Consumed{VideoMs: 4000}}
		for range 2 {
			for _, o := range []usage.Order{image, video} {
				o.Run = oid.New[oid.Run]()
				_, err := b.hold(b.t.Context(), o)
				b.must(err)
			}
		}
		for _, o := range []usage.Order{image, video} {
			o.Run = oid.New[oid.Run]()
			_, err := b.hold(b.t.Context(), o)
			b.wantCode(err, errs.QuotaExceeded)
		}
	})
}

func TestAModelNeedsItsMembership(t *testing.T) {
	t.Parallel()
	later, before := "2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z"
	tests := []struct {
		name    string
		plan    user.MembershipType
		expires string
		want    errs.Code
	}{
		{"free", user.MembershipTypeFree, "", errs.MembershipRequired},
		{"standard", user.MembershipTypeStandard, later, ""},
		{"standard, expired", user.MembershipTypeStandard, before, errs.MembershipRequired},
		{"premium without end", user.MembershipTypePremium, "", ""},
	}
	each(t, func(b *book) {
		o := b.tokens(100)
		o.Model = b.model("gpt-6-sol")
		if o.Model.Plan != catalog.Standard {
			b.t.Fatalf("%s needs %s; the test needs one of STANDARD", o.Model.ID, o.Model.Plan)
		}
		for _, tt := range tests {
			b.become(tt.plan, tt.expires)
			o.Run = oid.New[oid.Run]()
			_, err := b.hold(b.t.Context(), o)
			b.wantCode(err, tt.want)
			var e *errs.Error
			if asError(err, &e) && e.Extensions["planNeeded"] != "STANDARD" {
				b.t.Errorf("%s: extensions = %v", tt.name, e.Extensions)
			}
		}
	})
}

func (b *book) become(plan user.MembershipType, expires string) {
	b.t.Helper()
	u := b.st.Client().User.UpdateOneID(b.user).SetMembershipType(plan)
	if expires == "" {
		u.ClearMembershipExpiresAt()
	} else {
		t, err := time.Parse(time.RFC3339, expires)
		b.must(err)
		u.SetMembershipExpiresAt(t)
	}
	b.must(u.Exec(b.t.Context()))
}

func TestMaxCostIsTheMostItMayCost(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.become(user.MembershipTypePremium, "")
		o := b.tokens(0)
		o.Model = b.model("gpt-4o-mini")
		o.Most = catalog.Consumed{Input: 1000, Output: 1000} // 150 + 600 micros
		for limit, want := range map[int64]errs.Code{750: "", 749: errs.CostLimitExceeded, 0: errs.CostLimitExceeded} {
			o.Run, o.MaxCost = oid.New[oid.Run](), &usage.Money{AmountMicros: limit, Currency: "USD"}
			_, err := b.hold(b.t.Context(), o)
			b.wantCode(err, want)
		}
		o.MaxCost = &usage.Money{AmountMicros: 1, Currency: "KRW"}
		if _, err := b.hold(b.t.Context(), o); !isInput(err) {
			b.t.Errorf("a limit in won gave %v", err)
		}
	})
}

func TestAnAccountUnderDeletionIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.must(b.st.Client().User.UpdateOneID(b.user).SetDeletesAt(store.Now()).Exec(b.t.Context()))
		_, err := b.hold(b.t.Context(), b.tokens(1))
		b.wantCode(err, errs.Forbidden)
	})
}

func TestAnAPIKeyIsLimitedToItsGrant(t *testing.T) {
	t.Parallel()
	budget := int64(1000)
	tests := []struct {
		name  string
		grant auth.Grant
		model string
		want  errs.Code
	}{
		{"any model", auth.Grant{}, "gpt-4o-mini", ""},
		{"one of its models", auth.Grant{Models: []string{"gpt-4o-mini"}}, "gpt-4o-mini", ""},
		{"another model", auth.Grant{Models: []string{"gpt-4o-mini"}}, "sandbox-writer", errs.Forbidden},
		{"a test key and the sandbox", auth.Grant{IsTest: true}, "sandbox-writer", ""},
		{"a test key and a real model", auth.Grant{IsTest: true}, "gpt-4o-mini", errs.Forbidden},
		{"a budget and a model without a price", auth.Grant{Budget: &budget}, "", errs.Forbidden},
		{"within the budget", auth.Grant{Budget: &budget}, "gpt-4o-mini", ""},
	}
	each(t, func(b *book) {
		b.become(user.MembershipTypePremium, "")
		for _, tt := range tests {
			tt.grant.Key = oid.New[oid.APIKey]()
			ctx := auth.With(b.t.Context(), auth.Principal{User: b.user, Grant: &tt.grant})
			o := b.tokens(0)
			o.Model, o.Most = b.unpriced(), catalog.Consumed{Input: 1000, Output: 500}
			if tt.model != "" {
				o.Model = b.model(tt.model)
			}
			_, err := b.hold(ctx, o)
			if errs.CodeOf(err) != tt.want {
				b.t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
			if tt.grant.IsTest && err == nil {
				if row := b.st.Client().LedgerEntry.Query().Where(ledgerentry.RunID(o.Run)).OnlyX(ctx); row.Tokens != 0 {
					b.t.Errorf("a test key held %d tokens", row.Tokens)
				}
			}
		}
	})
}

// TestADefaultFallbackRefusesNoOrder: it is left out where its price is unknown and there is a limit, and
// raises the cost of no order.
func TestADefaultFallbackRefusesNoOrder(t *testing.T) {
	t.Parallel()
	budget := int64(1_000_000)
	each(t, func(b *book) {
		b.become(user.MembershipTypePremium, "")
		unpriced := b.unpriced()
		for name, c := range map[string]struct {
			grant    *auth.Grant
			maxCost  *usage.Money
			named    bool
			want     errs.Code
			fallback bool
		}{
			"no limit":            {nil, nil, false, "", true},
			"a budget":            {&auth.Grant{Key: oid.New[oid.APIKey](), Budget: &budget}, nil, false, "", false},
			"maxCost":             {nil, &usage.Money{AmountMicros: budget, Currency: "USD"}, false, "", false},
			"a budget, and named": {&auth.Grant{Key: oid.New[oid.APIKey](), Budget: &budget}, nil, true, errs.Forbidden, false},
			"maxCost, and named":  {nil, &usage.Money{AmountMicros: budget, Currency: "USD"}, true, errs.CostLimitExceeded, false},
		} {
			ctx := auth.With(b.t.Context(), auth.Principal{User: b.user, Grant: c.grant})
			o := b.tokens(0)
			o.Model, o.Fallback, o.IsNamed, o.MaxCost = b.model("gpt-4o-mini"), &unpriced, c.named, c.maxCost
			o.Most = catalog.Consumed{Input: 1000, Output: 500}
			o.FallbackMost = o.Most
			held, err := b.hold(ctx, o)
			if errs.CodeOf(err) != c.want || held.Fallback != c.fallback {
				b.t.Errorf("%s: %v, may stand in: %t", name, err, held.Fallback)
			}
		}
	})
}

func TestABudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.become(user.MembershipTypePremium, "")
		budget := int64(1000)
		grant := auth.Grant{Key: oid.New[oid.APIKey](), Budget: &budget}
		ctx := auth.With(b.t.Context(), auth.Principal{User: b.user, Grant: &grant})
		o := b.tokens(0)
		o.Model, o.Most = b.model("gpt-4o-mini"), catalog.Consumed{Output: 1000} // 600 micros
		_, err := b.hold(ctx, o)
		b.must(err)
		next := o
		next.Run = oid.New[oid.Run]()
		_, err = b.hold(ctx, next)
		b.wantCode(err, errs.QuotaExceeded)
		var refusal *errs.Error
		if !errors.As(err, &refusal) || refusal.Extensions["leftMicros"] != int64(400) || refusal.Extensions["resetsAt"] != time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC) ||
			refusal.RetryAfter != time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC).Sub(*b.now.Load()) {
			b.t.Errorf("the refusal tells %+v, retry after %s", refusal.Extensions, refusal.RetryAfter)
		}
		beyond := next
		beyond.Most.Output = 2000
		if _, err = b.hold(ctx, beyond); !errors.As(err, &refusal) || refusal.RetryAfter != 0 {
			b.t.Errorf("what no month has is asked again after %s: %v", refusal.RetryAfter, err)
		}
		b.must(b.settle(o, used(0, 100), true)) // 60 micros
		_, err = b.hold(ctx, next)
		b.must(err)
		large := auth.Grant{Key: oid.New[oid.APIKey](), Budget: new(int64)}
		*large.Budget = 3_000_000_000_000 // More than 32 bits hold.
		rich := o
		rich.Run = oid.New[oid.Run]()
		_, err = b.hold(auth.With(b.t.Context(), auth.Principal{User: b.user, Grant: &large}), rich)
		b.must(err)
		again := rich
		again.Run = oid.New[oid.Run]()
		_, err = b.hold(auth.With(b.t.Context(), auth.Principal{User: b.user, Grant: &large}), again)
		b.must(err)
		row := b.st.Client().KeyMonth.Query().Where(keymonth.APIKeyID(grant.Key)).OnlyX(ctx)
		if row.CostMicrosUsed != 60 || row.CostMicrosHeld != 600 || row.Month != "2026-11" {
			b.t.Errorf("the month = %v", row)
		}
	})
}

func TestWithoutBillingNothingIsHeld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		b := open(t, st, false)
		for range 3 {
			o := b.tokens(1_000_000)
			o.Model = b.model("gpt-6-sol")
			_, err := b.hold(t.Context(), o)
			b.must(err)
			b.must(b.settle(o, used(10, 10), true))
		}
		if q, err := b.Quota(t.Context(), b.user); q != nil || err != nil {
			t.Errorf("quota = %v, %v, want none", q, err)
		}
		if n := st.Client().QuotaDay.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d days were counted", n)
		}
	})
}

// Several handles on one database stand for several processes.
func TestAThousandCallsAtOnceNeverPassAQuota(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			if dialect == "sqlite" && servicetest.Race {
				t.Skip("SQLite is too slow under the race detector")
			}
			url := storetest.URL(t, dialect)
			first := open(t, storetest.At(t, url), true)
			books := []*book{first}
			for range 3 {
				other := open(t, storetest.At(t, url), true)
				other.user = first.user
				books = append(books, other)
			}
			calls(t, books, 1000)
			first.wantBalanced()
		})
	}
}

// calls order, and end, texts of 1 to 100 tokens, and verify that the quota of 1,000 is never exceeded.
func calls(t *testing.T, books []*book, n int) {
	t.Helper()
	var let, refused atomic.Int64
	start, slots := make(chan struct{}), make(chan struct{}, 64) // More would only wait for the database.
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			slots <- struct{}{}
			defer func() { <-slots }()
			b := books[i%len(books)]
			o := b.tokens(1 + rand.Int64N(100))
			_, err := b.hold(t.Context(), o)
			if errs.CodeOf(err) == errs.Unavailable {
				return // An overloaded database returns an error, and holds nothing.
			}
			if err != nil {
				b.wantCode(err, errs.QuotaExceeded)
				refused.Add(1)
				return
			}
			let.Add(1)
			if i%2 == 0 {
				err := b.settle(o, used(o.Most.Input/2, o.Most.Output*2), i%3 == 0)
				if err != nil && errs.CodeOf(err) != errs.Unavailable {
					t.Error(err)
				}
			}
			q, err := b.Quota(t.Context(), b.user)
			if errs.CodeOf(err) == errs.Unavailable {
				return
			}
			if err != nil || q.Used.Tokens+q.Held.Tokens > 1000 {
				t.Errorf("quota = %v, %v", q, err)
			}
		})
	}
	close(start)
	wg.Wait()
	if let.Load() < 10 || refused.Load() < 10 {
		t.Errorf("%d calls were let through and %d refused: the test shows nothing", let.Load(), refused.Load())
	}
}

func asError(err error, into **errs.Error) bool {
	e, ok := err.(*errs.Error) //nolint:errorlint // The ledger's errors are not wrapped.
	if ok {
		*into = e
	}
	return ok
}

func isInput(err error) bool {
	_, ok := errs.InputOf(err)
	return ok
}
