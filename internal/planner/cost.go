package planner

import (
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
)

// Range is a range of costs, in millionths of a US dollar.
type Range struct{ Min, Max int64 }

// leastAnswer is the length of a short reply in tokens, for the lower end of an estimate.
const leastAnswer = 200

// million is the number of millionths in a dollar.
const million = 1_000_000

// Estimate is the cost of one run of a step today; nil when its model has no price.
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

// runs are the possible usages of one run of a step: a short and the longest answer, an image in each size
// and quality, a video in each resolution and length.
func runs(m catalog.Model, instruction, prompt string) (all []catalog.Consumed) {
	switch {
	case m.Kind == catalog.Text:
		// The history of the chat is unknown before the step runs, so only instruction and prompt count.
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

// cost is the most that all steps of an answer cost together, which is compared with the budget; false when a
// model has no price.
func (b bounds) cost(a *answer) (int64, bool) {
	var sum int64
	for _, st := range a.Steps {
		m, ok := b.model(st.Model)
		if !ok || len(st.Prompts) == 0 {
			return 0, false
		}
		// The budget covers one run of the first prompt of each step.
		r := Estimate(m, st.Instruction, st.Prompts[0], time.Now())
		if r == nil {
			return 0, false
		}
		sum += r.Max
	}
	return sum, true
}

// dollars is an amount in the form for a model.
func dollars(micros int64) string { return fmt.Sprintf("$%d.%06d", micros/million, micros%million) }
