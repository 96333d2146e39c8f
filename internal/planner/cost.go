package planner

import (
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
)

// Range is what something may cost, in millionths of a US dollar.
type Range struct{ Min, Max int64 }

// leastAnswer is a short reply in tokens, for the lower end of an estimate.
const leastAnswer = 200

// million is how many tokens a price is for.
const million = 1_000_000

// Estimate is what one run of a step may cost today; nil when its model has no price.
func Estimate(m catalog.Model, instruction, prompt string, at time.Time) *Range {
	p := m.PriceAt(at)
	if p == nil {
		return nil
	}
	switch m.Kind {
	case catalog.Text:
		return textCost(m, p, instruction, prompt)
	case catalog.Image:
		return imageCost(p)
	default:
		return videoCost(m, p)
	}
}

func textCost(m catalog.Model, p *catalog.Price, instruction, prompt string) *Range {
	if p.Input == nil || p.Output == nil {
		return nil
	}
	in := tokens(ai.EstimateInput(ai.TextRequest{Instruction: instruction, Turns: []ai.Turn{{Text: prompt}}}), *p.Input)
	most := int64(m.MaxOutputTokens)
	return &Range{Min: in + tokens(min(leastAnswer, most), *p.Output), Max: in + tokens(most, *p.Output)}
}

// tokens is what n tokens cost, rounded up.
func tokens(n, perMillion int64) int64 { return (n*perMillion + million - 1) / million }

// imageCost is from the cheapest size and quality to the dearest.
func imageCost(p *catalog.Price) *Range {
	var r *Range
	for _, price := range p.Images {
		if r == nil {
			r = &Range{Min: price.Each, Max: price.Each}
		}
		r.Min, r.Max = min(r.Min, price.Each), max(r.Max, price.Each)
	}
	return r
}

// videoCost is from the shortest video to the longest.
func videoCost(m catalog.Model, p *catalog.Price) *Range {
	if p.VideoSecond == nil || m.Video == nil || len(m.Video.Seconds) == 0 {
		return nil
	}
	least, most := m.Video.Seconds[0], m.Video.Seconds[0]
	for _, s := range m.Video.Seconds {
		least, most = min(least, s), max(most, s)
	}
	return &Range{Min: int64(least) * *p.VideoSecond, Max: int64(most) * *p.VideoSecond}
}

// cost is the most that all steps of an answer together cost, which is what a budget is held against; false when a
// model has no price.
func (b bounds) cost(a *answer) (int64, bool) {
	var sum int64
	for _, st := range a.Steps {
		m, ok := b.model(st.Model)
		if !ok || len(st.Prompts) == 0 {
			return 0, false
		}
		r := Estimate(m, st.Instruction, st.Prompts[0], time.Now())
		if r == nil {
			return 0, false
		}
		sum += r.Max
	}
	return sum, true
}

// dollars shows an amount to a model.
func dollars(micros int64) string { return fmt.Sprintf("$%d.%06d", micros/million, micros%million) }
