package catalog

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// priceEntry has prices in dollars as decimal strings: "0.15" for a million tokens, an image or a second.
// Strings avoid the rounding of floating-point numbers.
type priceEntry struct {
	From        string            `yaml:"from"`
	Source      *sourceEntry      `yaml:"source"`
	Rates       ratesEntry        `yaml:",inline"`
	Above       []tierEntry       `yaml:"above"`
	Images      []imagePriceEntry `yaml:"images"`
	VideoSecond string            `yaml:"videoSecond"` // for every resolution that videoSeconds does not name
	Videos      []videoPriceEntry `yaml:"videoSeconds"`
}

type ratesEntry struct {
	Input       string `yaml:"input"`
	CachedInput string `yaml:"cachedInput"`
	CacheWrite  string `yaml:"cacheWrite"`
	Output      string `yaml:"output"`
	ImageInput  string `yaml:"imageInput"`
	ImageOutput string `yaml:"imageOutput"`
}

type tierEntry struct {
	InputTokens int64      `yaml:"inputTokens"`
	Rates       ratesEntry `yaml:",inline"`
}

type imagePriceEntry struct {
	Size    string  `yaml:"size"`
	Quality Quality `yaml:"quality"`
	Each    string  `yaml:"each"`
}

type videoPriceEntry struct {
	Resolution string `yaml:"resolution"`
	Each       string `yaml:"each"`
}

type sourceEntry struct {
	URL  string `yaml:"url"`
	Read string `yaml:"read"`
}

// The most rows of each sort in a price, all of which are returned.
const (
	maxTiers       = 5
	maxImagePrices = 40
	maxVideoPrices = 10
)

// prices reads the prices of a model, the oldest first.
func (p *parser) prices(entries []priceEntry) []Price {
	prices := make([]Price, 0, len(entries))
	for _, e := range entries {
		prices = append(prices, p.price(e))
	}
	slices.SortStableFunc(prices, func(a, b Price) int { return a.From.Compare(b.From) })
	for i := range prices {
		if i > 0 && prices[i].From.Equal(prices[i-1].From) {
			p.fail("two prices begin on the same day")
		}
	}
	return prices
}

// price reads one price.
func (p *parser) price(e priceEntry) Price {
	price := Price{From: p.date("prices.from", e.From), Rates: p.rates(e.Rates), Source: p.source(e.Source)}
	for _, t := range e.Above {
		price.Above = append(price.Above, Tier{InputTokens: t.InputTokens, Rates: p.rates(t.Rates)})
	}
	p.checkTiers(price)
	if len(e.Images) > maxImagePrices || len(e.Videos) >= maxVideoPrices {
		p.fail("a price may have %d `images` and %d `videoSeconds`", maxImagePrices, maxVideoPrices)
	}
	for _, i := range e.Images {
		if each := p.needed("prices.images.each", i.Each); each != nil {
			price.Images = append(price.Images, ImagePrice{Size: i.Size, Quality: i.Quality, Each: *each})
		}
		p.checkFor("prices.images", i.Size, i.Quality)
	}
	// The general price comes last, so that the first match is the most specific one.
	for _, v := range append(e.Videos, videoPriceEntry{Each: e.VideoSecond}) {
		if v == (videoPriceEntry{}) {
			continue
		}
		if each := p.needed("prices.videoSeconds.each", v.Each); each != nil {
			price.Videos = append(price.Videos, VideoPrice{Resolution: v.Resolution, Each: *each})
		}
	}
	return price
}

// rates reads the prices of tokens.
func (p *parser) rates(e ratesEntry) Rates {
	return Rates{
		Input: p.micros(e.Input), CachedInput: p.micros(e.CachedInput), CacheWrite: p.micros(e.CacheWrite),
		Output: p.micros(e.Output), ImageInput: p.micros(e.ImageInput), ImageOutput: p.micros(e.ImageOutput),
	}
}

// source reads where a price was read.
func (p *parser) source(e *sourceEntry) *Source {
	if e == nil {
		return nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		p.fail("`prices.source.url` must be an address with https, not %q", e.URL)
	}
	return &Source{URL: e.URL, Read: p.date("prices.source.read", e.Read)}
}

// decimals is the precision of a price: millionths of a dollar.
const decimals = 6

// micros parses an amount in dollars exactly; nil for none.
func (p *parser) micros(amount string) *int64 {
	if amount == "" {
		return nil
	}
	whole, part, _ := strings.Cut(amount, ".")
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", max(0, decimals-len(part))), 10, 64)
	if err != nil || len(part) > decimals || n < 0 || strings.ContainsAny(amount, "+-_") {
		p.fail("%q is no amount in dollars with at most %d decimals", amount, decimals)
		return nil
	}
	return &n
}

// needed parses a required amount.
func (p *parser) needed(what, amount string) *int64 {
	if amount == "" {
		p.fail("`%s` is missing", what)
	}
	return p.micros(amount)
}

// checkTiers checks that tiers rise and have every rate that the price has. A missing rate would make long
// calls free.
func (p *parser) checkTiers(price Price) {
	least := int64(0)
	if len(price.Above) > maxTiers {
		p.fail("`prices.above` has %d tiers, and may have %d", len(price.Above), maxTiers)
	}
	for _, t := range price.Above {
		if t.InputTokens <= least || t.InputTokens > math.MaxInt32 {
			p.fail("`prices.above.inputTokens` must be above 0, and rise")
		}
		least = t.InputTokens
		if t.missing(price.Rates) {
			p.fail("`prices.above` of %d tokens needs every rate that the price has", t.InputTokens)
		}
	}
}

// missing reports whether all has a rate that r lacks.
func (r Rates) missing(all Rates) bool {
	mine, others := r.list(), all.list()
	for i := range mine {
		if mine[i] == nil && others[i] != nil {
			return true
		}
	}
	return false
}

// list returns the rates in a fixed order, for comparisons.
func (r Rates) list() []*int64 {
	return []*int64{r.Input, r.CachedInput, r.CacheWrite, r.Output, r.ImageInput, r.ImageOutput}
}

// checkPrices checks that a model on offer has a price for everything that it makes, or states that its price
// is unknown. Otherwise a cost could be missing by mistake.
func (p *parser) checkPrices(m Model, price string) {
	switch {
	case price != "" && price != unknownPrice:
		p.fail("`price` is `unknown` or left out, not %q; amounts are in `prices`", price)
	case price == unknownPrice && len(m.Prices) > 0:
		p.fail("`price` is `unknown`, and there are `prices`")
	case price == "" && len(m.Prices) == 0 && m.State != Retired:
		p.fail("a model on offer needs its `prices`, or `price: unknown`")
	}
	for i := range m.Prices {
		switch one := &m.Prices[i]; {
		case m.Text != nil && (one.Input == nil || one.Output == nil):
			p.fail("a price of texts needs `input` and `output`")
		case m.Image != nil:
			p.checkImagePrice(m.Image, one)
		case m.Video != nil:
			p.checkVideoPrice(m.Video, one)
		}
	}
}

// checkImagePrice checks that every image that can be requested has a price, or a bound and price of its
// tokens.
func (p *parser) checkImagePrice(c *ImageCaps, price *Price) {
	if len(price.Images) == 0 && (price.Input == nil || price.ImageOutput == nil) {
		p.fail("a price of images needs `images`, or `input` and `imageOutput`")
		return
	}
	for _, size := range c.Sizes {
		for _, quality := range c.Qualities {
			if _, bounded := c.tokens(size, quality); len(price.Images) > 0 && price.image(size, quality) == nil || len(price.Images) == 0 && !bounded {
				p.fail("an image of %s in %s has no price in `images`, or no bound in `image.tokens`", size, quality)
			}
		}
	}
}

// checkVideoPrice checks that every resolution has a price.
func (p *parser) checkVideoPrice(c *VideoCaps, price *Price) {
	for _, resolution := range c.Resolutions {
		if price.Second(resolution) == nil {
			p.fail("a second of %s has no price in `videoSeconds`", resolution)
		}
	}
}
