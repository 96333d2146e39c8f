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

// million is how many millionths a dollar has.
const million = 1_000_000

// Estimate is what one run of a step may cost today; nil when its model has no price.
func Estimate(m catalog.Model, instruction, prompt string, at time.Time) *Range {
	r := &Range{}
	for i, u := range runs(m, instruction, prompt) {
		cost, ok := m.CostAtMost(u, at, at)
		if !ok {
			return nil
		}
		if i == 0 {
			r.Min = cost
		}
		r.Min, r.Max = min(r.Min, cost), max(r.Max, cost)
	}
	return r
}

// runs are what one run of a step may consume: a short and the longest answer, an image of each size and
// quality, a video of each resolution and length.
func runs(m catalog.Model, instruction, prompt string) (all []catalog.Consumed) {
	switch {
	case m.Kind == catalog.Text:
		in := ai.EstimateInput(ai.TextRequest{Instruction: instruction, Turns: []ai.Turn{{Text: prompt}}})
		most := int64(m.MaxOutputTokens)
		return []catalog.Consumed{{Input: in, Output: min(leastAnswer, most)}, {Input: in, Output: most}}
	case m.Image != nil:
		for _, size := range m.Image.Sizes {
			for _, q := range m.Image.Qualities {
				all = append(all, m.ImageAtMost(size, q, ai.EstimateTokens(prompt)))
			}
		}
	case m.Video != nil:
		for _, resolution := range m.Video.Resolutions {
			for _, seconds := range m.Video.SecondsOf(resolution) {
				all = append(all, catalog.Consumed{VideoMs: int64(seconds) * 1000, Resolution: resolution})
			}
		}
	}
	return all
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
