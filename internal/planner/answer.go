package planner

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/text"
)

// answer is a plan in the form in which the model writes it.
type answer struct {
	Language string       `json:"language"`
	Title    string       `json:"title"`
	Summary  string       `json:"summary"`
	Steps    []stepAnswer `json:"steps"`
}

// stepAnswer is a step in the form in which the model writes it.
type stepAnswer struct {
	Title       string       `json:"title"`
	Intent      string       `json:"intent"`
	Kind        catalog.Kind `json:"kind"`
	Model       string       `json:"model"`
	Reason      string       `json:"reason"`
	Instruction string       `json:"instruction"`
	Prompts     []string     `json:"prompts"`
	// DependsOn are numbers of earlier steps, from 1.
	DependsOn []int `json:"dependsOn"`
}

// shape is the JSON schema that the provider enforces. Lengths and counts are not part of it, since not every
// provider supports them; [bounds.check] verifies those.
func shape(models []catalog.Model) *ai.Shape {
	str := map[string]any{"type": "string"}
	ids := make([]any, len(models))
	for i, m := range models {
		ids[i] = m.ID
	}
	step := object(map[string]any{
		"title": str, "intent": str, "reason": str, "instruction": str,
		"kind":      map[string]any{"type": "string", "enum": kindsOf(models)},
		"model":     map[string]any{"type": "string", "enum": ids},
		"prompts":   list(str),
		"dependsOn": list(map[string]any{"type": "integer"}),
	})
	return &ai.Shape{Name: "plan", Schema: object(map[string]any{
		"language": str, "title": str, "summary": str, "steps": list(step),
	})}
}

// object is the schema of an object with exactly these properties. Strict modes of providers require both.
func object(properties map[string]any) map[string]any {
	required := make([]any, 0, len(properties))
	for _, name := range propertyOrder {
		if _, ok := properties[name]; ok {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// propertyOrder makes the schema the same in every run, so that providers can cache it.
var propertyOrder = []string{
	"language", "title", "summary", "steps", "intent", "kind", "model", "reason", "instruction", "prompts", "dependsOn",
}

func list(of map[string]any) map[string]any { return map[string]any{"type": "array", "items": of} }

// kindsOf returns what the models make, each kind once and in a fixed order.
func kindsOf(models []catalog.Model) []any {
	var kinds []any
	for _, k := range []catalog.Kind{catalog.Text, catalog.Image, catalog.Video} {
		for _, m := range models {
			if m.Kind == k {
				kinds = append(kinds, string(k))
				break
			}
		}
	}
	return kinds
}

// parse reads an answer. A code fence around it is accepted, since models add one in spite of the schema.
func parse(raw string) (*answer, error) {
	raw = strings.TrimSpace(raw)
	if body, ok := strings.CutPrefix(raw, "```"); ok {
		body = strings.TrimPrefix(body, "json")
		raw = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(body), "```"))
	}
	var a answer
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		return nil, fmt.Errorf("it is not the JSON document that was asked for: %w", err)
	}
	return &a, nil
}

// bounds are the limits of a plan.
type bounds struct {
	models []catalog.Model
	// kept is the number of steps that precede those of the answer.
	kept int
	// budget is the most that all steps may cost; nil for no limit.
	budget *int64
}

// check returns all faults of an answer, worded for the model, which receives them in the second round.
func (b bounds) check(a *answer) (faults []string) {
	fail := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	least, most := b.room()
	if n := len(a.Steps); n < least || n > most {
		fail("There are %d steps; there must be %d to %d.", n, least, most)
	}
	within(fail, "The title", a.Title, MaxTitleChars)
	within(fail, "The summary", a.Summary, MaxSummaryChars)
	within(fail, "The language", a.Language, maxLanguageChars)
	for i, st := range a.Steps {
		b.checkStep(fmt.Sprintf("Step %d", b.kept+i+1), b.kept+i+1, st, fail)
	}
	// The cost is only comparable once the models and prompts are valid.
	if len(faults) == 0 && b.budget != nil {
		if cost, ok := b.cost(a); ok && cost > *b.budget {
			fail("The steps may cost up to %s; the budget is %s. Use cheaper models or fewer steps.", dollars(cost), dollars(*b.budget))
		}
	}
	return faults
}

// maxLanguageChars is the longest language tag; RFC 5646 calls for buffers of this size.
const maxLanguageChars = 35

// room is the least and most steps of an answer.
func (b bounds) room() (least, most int) {
	if b.kept > 0 {
		return 1, MaxSteps - b.kept
	}
	return minSteps, MaxSteps
}

// checkStep checks one step of an answer.
func (b bounds) checkStep(name string, place int, st stepAnswer, fail func(string, ...any)) {
	within(fail, name+": the title", st.Title, MaxTitleChars)
	within(fail, name+": the intent", st.Intent, MaxIntentChars)
	within(fail, name+": the reason", st.Reason, MaxReasonChars)
	within(fail, name+": the instruction", st.Instruction, MaxInstructionChars)
	m, ok := b.model(st.Model)
	switch {
	case !ok:
		fail("%s: there is no model %q. Choose from the list.", name, st.Model)
	case m.Kind != st.Kind:
		fail("%s: the model %s makes %s, not %s.", name, m.ID, m.Kind, st.Kind)
	}
	if n := len(st.Prompts); n < minPrompts || n > MaxPrompts {
		fail("%s has %d prompts; there must be %d to %d.", name, n, minPrompts, MaxPrompts)
	}
	for i, p := range st.Prompts {
		within(fail, fmt.Sprintf("%s: prompt %d", name, i+1), p, promptLimit(m))
	}
	for _, d := range st.DependsOn {
		// An earlier step only: this also excludes cycles.
		if d < 1 || d >= place {
			fail("%s depends on step %d; only earlier steps can be depended on.", name, d)
		}
	}
}

// model returns an offered model by its id.
func (b bounds) model(id string) (catalog.Model, bool) {
	for _, m := range b.models {
		if m.ID == id {
			return m, true
		}
	}
	return catalog.Model{}, false
}

// promptLimit is the longest prompt for a model; the general limit for an unknown model.
func promptLimit(m catalog.Model) int {
	if m.MaxInputChars > 0 {
		return min(MaxPromptChars, m.MaxInputChars)
	}
	return MaxPromptChars
}

// within fails for a text that is blank, contains U+0000, which Postgres cannot store, or exceeds the limit
// in code points.
func within(fail func(string, ...any), what, value string, most int) {
	switch n := text.Count(value); {
	case text.Blank(value):
		fail("%s is empty.", what)
	case strings.ContainsRune(value, 0):
		fail("%s holds U+0000.", what)
	case n > most:
		fail("%s has %d characters; at most %d are allowed.", what, n, most)
	}
}
