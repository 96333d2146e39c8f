package catalog

import (
	"math/big"
	"time"
)

// Consumed is what was used of a model.
type Consumed struct {
	// Input includes CachedInput, CacheWrite and ImageInput, which exclude each other.
	Input, CachedInput, CacheWrite, ImageInput int64
	// Output includes ImageOutput and what the model thought.
	Output, ImageOutput int64
	// Images were made in one size and quality.
	Images  int64
	Size    string
	Quality Quality
	// VideoMs is the length of the video.
	VideoMs    int64
	Resolution string
}

// ImageAtMost is what an image of a size and quality uses at most, with a prompt of so many tokens.
func (m Model) ImageAtMost(size string, quality Quality, prompt int64) Consumed {
	u := Consumed{Input: prompt, Images: 1, Size: size, Quality: quality}
	if t, ok := m.Image.tokens(size, quality); ok {
		u.Output, u.ImageOutput = t.Image+t.Text, t.Image
	}
	return u
}

// CostOf is what the provider asks for u by the price of a moment, in millionths of a dollar, rounded once; false where
// a price of something that was used is not known.
func (m Model) CostOf(u Consumed, at time.Time) (micros int64, ok bool) {
	p := m.PriceAt(at)
	if p == nil {
		return 0, false
	}
	u = m.counted(u)
	return p.cost(u, p.rates(u.Input))
}

// CostAtMost is the most that the provider can ask for a use of at most u by the prices of a time: all input is new, cached or
// written to the cache, whichever costs most, and a call with less input can fall under the rates of any tier below. False
// where a price is not known.
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

// counted fills in what a provider that bills tokens did not tell of an image: the most it can be, and of an output that is not
// told apart as much of the picture as there can be.
func (m Model) counted(u Consumed) Consumed {
	u.CachedInput = min(u.CachedInput, u.Input) // A provider's parts are never more than its whole.
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

// reachable are the rates that calls with at most so much input can fall under.
func (p *Price) reachable(inputTokens int64) []Rates {
	all := []Rates{p.Rates}
	for _, t := range p.Above {
		if inputTokens > t.InputTokens {
			all = append(all, t.Rates)
		}
	}
	return all
}

// dearest are the rates with input at what it costs at most.
func (r Rates) dearest() Rates {
	for _, other := range []*int64{r.CachedInput, r.CacheWrite} {
		if r.Input != nil && other != nil && *other > *r.Input {
			r.Input = other
		}
	}
	return r
}

// cost is what p asks for u under its rates r.
func (p *Price) cost(u Consumed, r Rates) (micros int64, ok bool) {
	var b bill
	if len(p.Images) > 0 && u.Images > 0 {
		b.add(u.Images, p.image(u.Size, u.Quality), micro)
		return b.micros()
	}
	const tokens, millisecond = 1, 1000
	b.add(u.Input-u.CachedInput-u.CacheWrite-u.ImageInput, r.Input, tokens)
	b.add(u.CachedInput, either(r.CachedInput, r.Input), tokens)
	b.add(u.CacheWrite, either(r.CacheWrite, r.Input), tokens)
	b.add(u.ImageInput, either(r.ImageInput, r.Input), tokens)
	b.add(u.Output-u.ImageOutput, either(r.Output, r.ImageOutput), tokens)
	b.add(u.ImageOutput, either(r.ImageOutput, r.Output), tokens)
	b.add(u.VideoMs, p.Second(u.Resolution), millisecond)
	if u.Images > 0 && u.ImageOutput == 0 {
		b.unknown = true
	}
	return b.micros()
}

// either is the first price that there is; nil for none.
func either(first, second *int64) *int64 {
	if first != nil {
		return first
	}
	return second
}

// micro is how many parts a millionth of a dollar has while costs are summed.
const micro = 1_000_000

// bill is a sum of costs in millionths of a millionth of a dollar, so that nothing is rounded before the end, and without a
// bound, since a provider tells the numbers.
type bill struct {
	parts   big.Int
	unknown bool
}

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

// micros is the sum, rounded; false where it is not known, or more than can be counted.
func (b *bill) micros() (int64, bool) {
	sum := new(big.Int).Add(&b.parts, big.NewInt(micro/2))
	sum.Quo(sum, big.NewInt(micro))
	if !sum.IsInt64() {
		return 0, false
	}
	return sum.Int64(), !b.unknown
}
