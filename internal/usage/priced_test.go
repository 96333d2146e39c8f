package usage_test

import (
	"context"
	"testing"
	"time"

	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
)

// sale is an order of one sort of price, with its cost.
type sale struct {
	model string
	most  func(catalog.Model) catalog.Consumed
	// used is the provider's count, row what the run adds to it.
	used usage.Tokens
	row  usage.Row
	// begun and ended are the moments of the hold and of the settlement.
	begun, ended string
	// quoted and cost are the most of the quote and the cost of the run.
	quoted, cost int64
}

func text(in, out int64) func(catalog.Model) catalog.Consumed {
	return func(catalog.Model) catalog.Consumed { return catalog.Consumed{Input: in, Output: out} }
}

func picture(size string, q catalog.Quality, prompt int64) func(catalog.Model) catalog.Consumed {
	return func(m catalog.Model) catalog.Consumed { return m.ImageAtMost(size, q, prompt) }
}

func film(seconds int64, resolution string) func(catalog.Model) catalog.Consumed {
	return func(catalog.Model) catalog.Consumed {
		return catalog.Consumed{VideoMs: seconds * 1000, Resolution: resolution}
	}
}

// sales has each sort of price that ships.
var sales = map[string]sale{
	"cached and kept input": {
		model: "gpt-6-luna", most: text(10_000, 1000), used: usage.Tokens{Input: 10_000, Cached: 4000, CacheWrite: 6000, Output: 900},
		quoted: 1750, cost: 1240, // 10,000 cached and 1,000 out; 40 + 750 + 450
	},
	"reasoning is output": {model: "gpt-6.1-sol", most: text(1000, 16_384), used: usage.Tokens{Input: 900, Output: 16_384}, quoted: 166_340, cost: 165_640},
	"a long call":         {model: "gpt-6.1-sol", most: text(300_000, 1000), used: usage.Tokens{Input: 272_001, Output: 1000}, quoted: 1_515_000, cost: 1_103_004},
	"held as a long call": {model: "gpt-6.1-sol", most: text(272_001, 1000), used: usage.Tokens{Input: 272_000, Output: 1000}, quoted: 1_375_005, cost: 554_000},
	"an image by tokens": {
		model: "gpt-image-2.6-flare", most: picture("1024x1024", catalog.QualityHD, 400), row: usage.Row{Size: "1024x1024", Quality: catalog.QualityHD},
		used: usage.Tokens{Input: 300, Output: 1956, ImageOutput: 1956, Images: 1}, quoted: 218_720, cost: 60_180,
	},
	"an image of no told count": {
		model: "gpt-image-2.6-flare", most: picture("1024x1024", catalog.QualityHD, 400), row: usage.Row{Size: "1024x1024", Quality: catalog.QualityHD},
		used: usage.Tokens{Images: 1}, quoted: 218_720, cost: 216_720,
	},
	"an image with thoughts": {
		model: "gemini-3-pro-image", most: picture("1024x1024", catalog.QualityStandard, 400), row: usage.Row{Size: "1024x1024", Quality: catalog.QualityStandard},
		used: usage.Tokens{Input: 300, Output: 3120, ImageOutput: 1120, Images: 1}, quoted: 233_504, cost: 159_000,
	},
	"a film that is a little longer than ordered": {
		model: "veo-3.1-generate-preview", most: film(8, "4K"), row: usage.Row{Resolution: "4K", OrderedMs: 8000},
		used: usage.Tokens{VideoMs: 8042}, quoted: 4_800_000, cost: 4_800_000,
	},
	"across the day of another price": {
		model: "gemini-3.8-flash", most: text(1000, 1000), used: usage.Tokens{Input: 1000, Output: 1000},
		begun: "2026-12-31T23:59:50Z", ended: "2027-01-01T00:00:10Z", quoted: 9000, cost: 9000,
	},
}

// TestAQuoteIsAtLeastWhatIsSettled for each sort of price, and a key's budget is charged what the run cost.
func TestAQuoteIsAtLeastWhatIsSettled(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for name, s := range sales {
			b := open(t, st, false)
			b.become(user.MembershipTypePremium, "")
			b.at(orElse(s.begun, "2026-11-30T12:00:00Z"))
			budget := int64(100_000_000)
			ctx := auth.With(t.Context(), auth.Principal{User: b.user, Grant: &auth.Grant{Key: oid.New[oid.APIKey](), Budget: &budget}})
			o := usage.Order{User: b.user, Run: oid.New[oid.Run](), Model: b.model(s.model), Most: s.most(b.model(s.model))}
			quote, err := b.Quote(ctx, func(ctx context.Context, tx *store.Tx) error { _, err := b.Hold(ctx, tx, o); return err })
			if err != nil || quote.MostMicros == nil || *quote.MostMicros != s.quoted || *quote.LeastMicros > s.quoted {
				t.Errorf("%s: quoted %+v, %v, want at most %d", name, quote, err, s.quoted)
				continue
			}
			o.MaxCost = &usage.Money{AmountMicros: s.quoted - 1, Currency: usage.Currency}
			_, err = b.hold(ctx, o)
			b.wantCode(err, errs.CostLimitExceeded)
			o.MaxCost.AmountMicros = s.quoted
			_, err = b.hold(ctx, o)
			b.must(err)
			b.at(orElse(s.ended, "2026-11-30T12:00:05Z"))
			row := s.row
			row.Run, row.User, row.Purpose, row.Charged, row.Model, row.ModelID, row.Tokens = o.Run, o.User, entusage.PurposeReply, true, s.model, s.model, s.used
			row.Tokens.Source = entusage.SourceProvider
			b.must(st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return b.Settle(ctx, tx, row) }))
			settled, err := usage.ForRun(ctx, st.Client(), o.Run)
			b.must(err)
			if cost := settled.CostMicros; cost == nil || *cost != s.cost || *cost > s.quoted {
				t.Errorf("%s: settled %v, want %d, quoted %d", name, cost, s.cost, s.quoted)
			}
		}
	})
}

func orElse(moment, otherwise string) string {
	if moment == "" {
		return otherwise
	}
	return moment
}

// TestTheTokensOfAnImageAreNoQuota: its quota is counted in images.
func TestTheTokensOfAnImageAreNoQuota(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.become(user.MembershipTypePremium, "")
		m := b.model("gpt-image-2")
		o := usage.Order{User: b.user, Run: oid.New[oid.Run](), Model: m, Most: m.ImageAtMost("1024x1024", catalog.QualityHD, 400)}
		_, err := b.hold(b.t.Context(), o)
		b.must(err)
		b.must(b.settle(o, usage.Tokens{Input: 300, Output: 7000, ImageOutput: 7000, Images: 1, Source: entusage.SourceProvider}, true))
		q, err := b.Quota(b.t.Context(), b.user)
		b.must(err)
		if q.Used.Images != 1 || q.Used.Tokens != 0 {
			b.t.Errorf("of the quota %+v is used", q.Used)
		}
	})
}

// TestARunIsPricedAfterItsModelEnded: a model that ends while a run is under way is settled by its price.
func TestARunIsPricedAfterItsModelEnded(t *testing.T) {
	t.Parallel()
	each(t, func(b *book) {
		b.become(user.MembershipTypePremium, "")
		b.at("2027-01-13T23:59:50Z")
		o := b.tokens(0)
		o.Model, o.Most = b.model("gpt-4o-mini"), catalog.Consumed{Input: 1000, Output: 1000}
		_, err := b.hold(b.t.Context(), o)
		b.must(err)
		b.at(time.Date(2027, 1, 14, 0, 0, 10, 0, time.UTC).Format(time.RFC3339))
		b.must(b.settle(o, used(1000, 1000), true))
		row, err := usage.ForRun(b.t.Context(), b.st.Client(), o.Run)
		b.must(err)
		if row.CostMicros == nil || *row.CostMicros != 750 {
			b.t.Errorf("it cost %v", row.CostMicros)
		}
	})
}
