package catalog

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func amount(v int64) *int64 { return &v }

func at(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // The dates are constants of the tests.
	}
	return t
}

// priced has a price of every sort.
func priced() Model {
	return Model{
		Image: &ImageCaps{Sizes: []string{"1x1"}, Qualities: []Quality{QualityStandard}},
		Prices: []Price{
			{
				From:   time.Unix(0, 0),
				Rates:  Rates{Input: amount(150_000), CachedInput: amount(75_000), CacheWrite: amount(200_000), Output: amount(600_000)},
				Above:  []Tier{{1000, Rates{Input: amount(300_000), CachedInput: amount(150_000), CacheWrite: amount(400_000), Output: amount(900_000)}}},
				Images: []ImagePrice{{Size: "1024x1024", Quality: QualityHD, Each: 80_000}, {Quality: QualityStandard, Each: 40_000}},
				Videos: []VideoPrice{{Resolution: "4K", Each: 600_000}, {Resolution: "720p", Each: 400_000}},
			},
			{From: time.Unix(1000, 0), Rates: Rates{Input: amount(1_000_000)}},
		},
	}
}

// TestCostOf is exact, and rounds once.
func TestCostOf(t *testing.T) {
	t.Parallel()
	m := priced()
	for name, tt := range map[string]struct {
		used Consumed
		at   int64
		want int64
		ok   bool
	}{
		"nothing":                      {Consumed{}, 1, 0, true},
		"tokens":                       {Consumed{Input: 1000, CachedInput: 400, Output: 200}, 1, 240, true},                  // 90 + 30 + 120
		"tokens that are kept":         {Consumed{Input: 1000, CachedInput: 400, CacheWrite: 100, Output: 200}, 1, 245, true}, // 75 + 30 + 20 + 120
		"as long as a short call":      {Consumed{Input: 1000}, 1, 150, true},
		"a long call, all of it":       {Consumed{Input: 1001, Output: 200}, 1, 480, true},                      // 300.3 + 180
		"parts above the whole":        {Consumed{Input: 1000, CachedInput: 900, CacheWrite: 900}, 1, 88, true}, // 67.5 + 20
		"half a millionth is rounded":  {Consumed{Input: 10}, 1, 2, true},                                       // 1.5
		"less than half of one":        {Consumed{Input: 3}, 1, 0, true},                                        // 0.45
		"a film":                       {Consumed{VideoMs: 8500, Resolution: "720p"}, 1, 3_400_000, true},
		"a finer film":                 {Consumed{VideoMs: 8500, Resolution: "4K"}, 1, 5_100_000, true},
		"a film without a price":       {Consumed{VideoMs: 8500, Resolution: "8K"}, 1, 0, false},
		"a fine square":                {Consumed{Images: 2, Size: "1024x1024", Quality: QualityHD}, 1, 160_000, true},
		"any standard one":             {Consumed{Images: 1, Size: "1x1", Quality: QualityStandard}, 1, 40_000, true},
		"an image with its tokens":     {Consumed{Images: 1, Size: "1x1", Quality: QualityStandard, Input: 9, Output: 9}, 1, 40_000, true},
		"a fine one without a price":   {Consumed{Images: 1, Size: "1x1", Quality: QualityHD}, 1, 0, false},
		"before there were prices":     {Consumed{Input: 1}, -1, 0, false},
		"a later price":                {Consumed{Input: 3}, 1000, 3, true},
		"what the later price leaves":  {Consumed{Output: 3}, 1000, 0, false},
		"cached without a price of it": {Consumed{Input: 3, CachedInput: 3}, 1000, 3, true},
		"kept without a price of it":   {Consumed{Input: 3, CacheWrite: 3}, 1000, 3, true},
		"more than can be counted":     {Consumed{VideoMs: math.MaxInt64, Resolution: "4K"}, 1, 0, false},
	} {
		if got, ok := m.CostOf(tt.used, time.Unix(tt.at, 0)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %d %t, want %d %t", name, got, ok, tt.want, tt.ok)
		}
	}
}

// drawn is billed by the tokens of its pictures.
func drawn() Model {
	return Model{
		Image: &ImageCaps{
			Sizes: []string{"1x1", "2x2"}, Qualities: []Quality{QualityStandard, QualityHD},
			Tokens: []ImageTokens{{Size: "1x1", Quality: QualityHD, Image: 7000}, {Image: 2000, Text: 500}},
		},
		Prices: []Price{{Rates: Rates{Input: amount(5_000_000), ImageInput: amount(8_000_000), Output: amount(10_000_000), ImageOutput: amount(30_000_000)}}},
	}
}

// TestTokenPricedImages: input and output cost their own rates.
func TestTokenPricedImages(t *testing.T) {
	t.Parallel()
	m := drawn()
	bare := drawn()
	bare.Prices[0].Output = nil
	square := Consumed{Images: 1, Size: "1x1", Quality: QualityStandard}
	with := func(u Consumed) Consumed {
		u.Images, u.Size, u.Quality = square.Images, square.Size, square.Quality
		return u
	}
	for name, tt := range map[string]struct {
		m    Model
		used Consumed
		want int64
	}{
		"text in, image out":         {m, with(Consumed{Input: 100, Output: 1000, ImageOutput: 1000}), 30_500},
		"image in":                   {m, with(Consumed{Input: 1100, ImageInput: 1000, Output: 1000, ImageOutput: 1000}), 38_500},
		"words with it":              {m, with(Consumed{Output: 1200, ImageOutput: 1000}), 32_000},
		"which tokens is not told":   {m, with(Consumed{Output: 1000}), 30_000},
		"more than the picture":      {m, with(Consumed{Output: 2400}), 64_000}, // 400 of words
		"no tokens are told":         {m, square, 65_000},                       // 2000 of the picture, 500 of words
		"words have no price":        {bare, with(Consumed{Output: 1200, ImageOutput: 1000}), 36_000},
		"a refusal without an image": {m, Consumed{Input: 100, Output: 10}, 600},
	} {
		if got, ok := tt.m.CostOf(tt.used, at("2026-11-30")); !ok || got != tt.want {
			t.Errorf("%s: %d %t, want %d", name, got, ok, tt.want)
		}
	}
	m.Image.Tokens = nil
	if got, ok := m.CostOf(square, at("2026-11-30")); ok {
		t.Errorf("without a bound and a count it costs %d", got)
	}
}

// TestCostAtMost is the bound of holds, quotes and maxCost: never below the cost of any use within it.
func TestCostAtMost(t *testing.T) {
	t.Parallel()
	m, day := priced(), time.Unix(1, 0)
	m.Prices = m.Prices[:1]
	for name, tt := range map[string]struct {
		most Consumed
		want int64
	}{
		"all input is kept":           {Consumed{Input: 1000, Output: 100}, 260},
		"a long call":                 {Consumed{Input: 1001, Output: 100}, 490}, // 400.4 + 90
		"a film of its resolution":    {Consumed{VideoMs: 1000, Resolution: "4K"}, 600_000},
		"an image by its own price":   {Consumed{Images: 1, Size: "1x1", Quality: QualityStandard, Input: 50}, 40_000},
		"nothing that could be asked": {Consumed{}, 0},
	} {
		if got, ok := m.CostAtMost(tt.most, day, day); !ok || got != tt.want {
			t.Errorf("%s: %d %t, want %d", name, got, ok, tt.want)
		}
	}
	if got, ok := drawn().CostAtMost(drawn().ImageAtMost("1x1", QualityHD, 100), day, day); !ok || got != 210_500 {
		t.Errorf("a fine square costs at most %d, %t", got, ok)
	}
	cheaperAbove := priced()
	cheaperAbove.Prices = cheaperAbove.Prices[:1]
	cheaperAbove.Prices[0].Above[0].Rates = Rates{Input: amount(1), CachedInput: amount(1), CacheWrite: amount(1), Output: amount(1)}
	if got, _ := cheaperAbove.CostAtMost(Consumed{Input: 1001, Output: 100}, day, day); got != 260 {
		t.Errorf("a call that could stay short costs at most %d", got)
	}
}

// TestCostAtMostIncludesAnnouncedPrices, for work that begins before a price and may end after it.
func TestCostAtMostIncludesAnnouncedPrices(t *testing.T) {
	t.Parallel()
	m := Model{Prices: []Price{
		{From: at("2026-09-02"), Rates: Rates{Input: amount(1), Output: amount(3_750_000)}},
		{From: at("2027-01-01"), Rates: Rates{Input: amount(2), Output: amount(7_500_000)}},
	}}
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		now  string
		want int64
	}{"long before": {"2026-12-30", 3_750_000}, "within a day of it": {"2026-12-31", 7_500_000}, "on its day": {"2027-01-01", 7_500_000}} {
		if got, ok := m.CostAtMost(Consumed{Output: 1_000_000}, at(tt.now), at(tt.now).Add(day)); !ok || got != tt.want {
			t.Errorf("%s: %d %t, want %d", name, got, ok, tt.want)
		}
	}
	if p := m.PriceAfter(at("2026-12-31")); p == nil || !p.From.Equal(at("2027-01-01")) {
		t.Errorf("the announced price is %v", p)
	}
	if p := m.PriceAfter(at("2027-01-01")); p != nil {
		t.Errorf("after the last price comes %v", p)
	}
}

// TestNoUseCostsMoreThanItsBound tries uses within a bound, for every shipped model and on every day on which
// a price begins.
func TestNoUseCostsMoreThanItsBound(t *testing.T) {
	t.Parallel()
	models, err := parse("models.yaml", shipped, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // The same uses each time.
	for _, m := range models {
		for _, p := range m.Prices {
			for range 200 {
				most, used := within(r, m)
				bound, known := m.CostAtMost(most, p.From.Add(-time.Hour), p.From.Add(time.Hour))
				if m.PriceAt(p.From.Add(-time.Hour)) == nil {
					bound, known = m.CostAtMost(most, p.From, p.From)
				}
				cost, alsoKnown := m.CostOf(used, p.From)
				if !known || !alsoKnown || cost > bound {
					t.Fatalf("%s: %+v costs %d (%t), and its bound %+v %d (%t)", m.ID, used, cost, alsoKnown, most, bound, known)
				}
			}
		}
	}
}

// within makes up a bound, and a use that is within it.
func within(r *rand.Rand, m Model) (most, used Consumed) {
	upTo := func(n int64) int64 { return r.Int64N(n + 1) }
	switch {
	case m.Image != nil:
		most = m.ImageAtMost(pick(r, m.Image.Sizes), pick(r, m.Image.Qualities), upTo(2000))
	case m.Video != nil:
		most = Consumed{VideoMs: 1000 * int64(pick(r, m.Video.Seconds)), Resolution: pick(r, m.Video.Resolutions)}
		return most, most
	default:
		most = Consumed{Input: upTo(int64(m.Text.ContextTokens)), Output: upTo(int64(m.MaxOutputTokens))}
	}
	used = most
	used.Input, used.ImageOutput = upTo(most.Input), upTo(most.ImageOutput)
	used.Output = used.ImageOutput + upTo(most.Output-most.ImageOutput)
	used.CachedInput = upTo(used.Input)
	used.CacheWrite = upTo(used.Input - used.CachedInput)
	if r.IntN(2) == 0 {
		used.ImageOutput = 0 // A provider that does not itemise its output.
	}
	return most, used
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
