package catalog

import (
	"math/big"
	"time"
)

// Consumed is a usage of a model.
type Consumed struct {
	// Input includes CachedInput, CacheWrite and ImageInput, which do not overlap.
	Input, CachedInput, CacheWrite, ImageInput int64
	// Output includes ImageOutput and the reasoning of the model.
	Output, ImageOutput int64
	// Images have one size and quality.
	Images  int64
	Size    string
	Quality Quality
	// VideoMs is the length of the video.
	VideoMs    int64
	Resolution string
}

// ImageAtMost is the most that an image of a size and quality uses, with a prompt of the given tokens.
func (m Model) ImageAtMost(size string, quality Quality, prompt int64) Consumed {
	u := Consumed{Input: prompt, Images: 1, Size: size, Quality: quality}
	if t, ok := m.Image.tokens(size, quality); ok {
		u.Output, u.ImageOutput = t.Image+t.Text, t.Image
	}
	return u
}

// CostOf is the cost of u by the prices of a moment, in millionths of a dollar, rounded once; false when a
// price of something that was used is unknown.
func (m Model) CostOf(u Consumed, at time.Time) (micros int64, ok bool) {
	p := m.PriceAt(at)
	if p == nil {
		return 0, false
	}
	u = m.counted(u)
	return p.cost(u, p.rates(u.Input))
}

// CostAtMost is the highest possible cost of a usage of at most u within a time. All input counts as new,
// cached or written to the cache, whichever costs most. A call with less input may fall under the rates of
// any lower tier, so all of them are compared. False when a price is unknown.
func (m Model) CostAtMost(u Consumed, from, until time.Time) (micros int64, ok bool) {
	p := m.PriceAt(from)
	if p == nil {
		return 0, false
	}
	u, ok = m.counted(u), true
	for ; p != nil && !p.From.After(until); p = m.PriceAfter(p.From) {
		for _, r := range p.reachable(u.Input) {
			cost, known := p.cost(u, r.dearest())
			micros, ok = max(micros, cost), ok && known
		}
	}
	return micros, ok
}

// counted completes the usage of an image where a provider that bills tokens did not report it: with the most
// that it can be. Output that is not itemised counts as image tokens as far as possible, because those cost
// more.
func (m Model) counted(u Consumed) Consumed {
	u.CachedInput = min(u.CachedInput, u.Input) // A provider's parts may exceed its total by mistake.
	u.CacheWrite = min(u.CacheWrite, u.Input-u.CachedInput)
	u.ImageInput = min(u.ImageInput, u.Input-u.CachedInput-u.CacheWrite)
	u.ImageOutput = min(u.ImageOutput, u.Output)
	if u.Images == 0 || m.Image == nil {
		return u
	}
	t, bounded := m.Image.tokens(u.Size, u.Quality)
	if u.Output == 0 {
		u.Output, u.ImageOutput = u.Images*(t.Image+t.Text), u.Images*t.Image
	}
	if u.ImageOutput == 0 {
		u.ImageOutput = u.Output
		if bounded {
			u.ImageOutput = min(u.Output, u.Images*t.Image)
		}
	}
	return u
}

// reachable returns the rates that calls with at most this input can fall under.
func (p *Price) reachable(inputTokens int64) []Rates {
	all := []Rates{p.Rates}
	for _, t := range p.Above {
		if inputTokens > t.InputTokens {
			all = append(all, t.Rates)
		}
	}
	return all
}

// dearest returns the rates with the highest price of input.
func (r Rates) dearest() Rates {
	for _, other := range []*int64{r.CachedInput, r.CacheWrite} {
		if r.Input != nil && other != nil && *other > *r.Input {
			r.Input = other
		}
	}
	return r
}

// cost is the cost of u under the rates r.
func (p *Price) cost(u Consumed, r Rates) (micros int64, ok bool) {
	var b bill
	if len(p.Images) > 0 && u.Images > 0 {
		b.add(u.Images, p.image(u.Size, u.Quality), micro)
		return b.micros()
	}
	const tokens, millisecond = 1, 1000
	b.add(u.Input-u.CachedInput-u.CacheWrite-u.ImageInput, r.Input, tokens)
	b.add(u.CachedInput, firstPrice(r.CachedInput, r.Input), tokens)
	b.add(u.CacheWrite, firstPrice(r.CacheWrite, r.Input), tokens)
	b.add(u.ImageInput, firstPrice(r.ImageInput, r.Input), tokens)
	b.add(u.Output-u.ImageOutput, firstPrice(r.Output, r.ImageOutput), tokens)
	b.add(u.ImageOutput, firstPrice(r.ImageOutput, r.Output), tokens)
	b.add(u.VideoMs, p.Second(u.Resolution), millisecond)
	// An image without any known tokens has no known cost.
	if u.Images > 0 && u.ImageOutput == 0 {
		b.unknown = true
	}
	return b.micros()
}

// firstPrice is the first price that is set; nil for none.
func firstPrice(first, second *int64) *int64 {
	if first != nil {
		return first
	}
	return second
}

// micro is the number of parts of a millionth of a dollar while costs are summed.
const micro = 1_000_000

// bill sums up costs in millionths of a millionth of a dollar, so that rounding happens once, at the end. It
// is unbounded, because the provider reports the numbers.
type bill struct {
	parts   big.Int
	unknown bool
}

// add adds n units at a price per million of them; nothing was used when n is not positive.
func (b *bill) add(n int64, price *int64, unit int64) {
	switch {
	case n <= 0:
	case price == nil:
		b.unknown = true
	default:
		part := new(big.Int).Mul(big.NewInt(n), big.NewInt(*price))
		b.parts.Add(&b.parts, part.Mul(part, big.NewInt(unit)))
	}
}

// micros is the sum, rounded; false when it is unknown or exceeds an int64.
func (b *bill) micros() (int64, bool) {
	sum := new(big.Int).Add(&b.parts, big.NewInt(micro/2))
	sum.Quo(sum, big.NewInt(micro))
	if !sum.IsInt64() {
		return 0, false
	}
	return sum.Int64(), !b.unknown
}
