package catalog

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// prices reads what a model costs, the oldest first.
func (p *parser) prices(entries []priceEntry) []Price {
	prices := make([]Price, 0, len(entries))
	for _, e := range entries {
		price := Price{
			From: p.date("prices.from", e.From), Input: p.micros(e.Input), CachedInput: p.micros(e.CachedInput),
			Output: p.micros(e.Output), VideoSecond: p.micros(e.VideoSecond),
		}
		for _, i := range e.Images {
			if each := p.micros(i.Each); each != nil {
				price.Images = append(price.Images, ImagePrice{Size: i.Size, Quality: i.Quality, Each: *each})
			}
			if i.Quality != "" {
				p.checkQuality(i.Quality)
			}
		}
		prices = append(prices, price)
	}
	slices.SortStableFunc(prices, func(a, b Price) int { return a.From.Compare(b.From) })
	return prices
}

// decimals is how exact a price is: millionths of a dollar.
const decimals = 6

// micros reads an amount in dollars exactly; nil for none.
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

// Consumed is what was used of a model.
type Consumed struct {
	// Input includes CachedInput.
	Input, CachedInput, Output int64
	// Images were made in one size and quality.
	Images  int64
	Size    string
	Quality Quality
	// VideoMs is the length of the video.
	VideoMs int64
}

// CostOf is what the provider asks for u by the price of a moment, in millionths of a dollar, rounded once; false where
// a price of something that was used is not known.
func (m Model) CostOf(u Consumed, at time.Time) (micros int64, ok bool) {
	p := m.PriceAt(at)
	if p == nil {
		return 0, false
	}
	// In millionths of a millionth, so that nothing is rounded before the end.
	const tokens, second = 1, 1000
	sum, ok := int64(0), true
	add := func(n int64, price *int64, unit int64) {
		if n == 0 {
			return
		}
		if price == nil {
			ok = false
			return
		}
		sum += n * *price * unit
	}
	cached := p.CachedInput
	if cached == nil {
		cached = p.Input
	}
	add(u.Input-u.CachedInput, p.Input, tokens)
	add(u.CachedInput, cached, tokens)
	add(u.Output, p.Output, tokens)
	add(u.VideoMs, p.VideoSecond, second)
	add(u.Images, p.image(u.Size, u.Quality), micro)
	return (sum + micro/2) / micro, ok
}

// micro is how many parts a millionth of a dollar has while costs are summed.
const micro = 1_000_000

// image is the price of an image, by the first that fits; nil for none.
func (p *Price) image(size string, quality Quality) *int64 {
	for _, i := range p.Images {
		if (i.Size == "" || i.Size == size) && (i.Quality == "" || i.Quality == quality) {
			return &i.Each
		}
	}
	return nil
}
