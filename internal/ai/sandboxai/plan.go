package sandboxai

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/weav-ai/weav/internal/ai"
)

// planned is a plan in the schema of the reply.
type planned struct {
	Language string        `json:"language"`
	Title    string        `json:"title"`
	Summary  string        `json:"summary"`
	Steps    []plannedStep `json:"steps"`
}

type plannedStep struct {
	Title       string   `json:"title"`
	Intent      string   `json:"intent"`
	Kind        string   `json:"kind"`
	Model       string   `json:"model"`
	Reason      string   `json:"reason"`
	Instruction string   `json:"instruction"`
	Prompts     []string `json:"prompts"`
	DependsOn   []int    `json:"dependsOn"`
}

// offeredModel is a line of the instruction that offers a model.
var offeredModel = regexp.MustCompile(`(?m)^- (\S+) \[(TEXT|IMAGE|VIDEO)\]`)

// existingStep is a line of the instruction with a step that exists already.
var existingStep = regexp.MustCompile(`(?m)^\d+\. `)

// plan is the answer to a request for a plan: steps that think, then make, then review, with a picture or a
// film when the goal mentions one.
func plan(req ai.TextRequest) string {
	goal := firstPrompt(req.Turns)
	d := parse(goal)
	words := planWordsFor(strip(goal))
	topic := shorten(strip(goal), maxTitle)
	if topic == "" {
		topic = words.untitled
	}
	models := map[string]string{}
	for _, m := range offeredModel.FindAllStringSubmatch(req.Instruction, -1) {
		if models[m[2]] == "" {
			models[m[2]] = m[1]
		}
	}
	before := len(existingStep.FindAllString(req.Instruction, -1))
	p := planned{Language: words.language, Title: topic, Summary: fmt.Sprintf(words.summary, topic)}
	for _, kind := range kindsFor(goal, models) {
		p.Steps = append(p.Steps, words.step(len(p.Steps)+1, before, kind, topic, models[kind]))
	}
	if before > 0 {
		p.Steps = p.Steps[1:] // The plan has a first step already.
	}
	isRepair := len(req.Turns) > 1
	return withFault(p, d, isRepair)
}

// kindsFor are the kinds of a goal's steps: two of thinking, what is to be made, and one review.
func kindsFor(goal string, models map[string]string) []string {
	kinds := []string{"TEXT", "TEXT"}
	goal = strings.ToLower(goal)
	for _, k := range []struct{ kind, words string }{
		{"IMAGE", "image|picture|logo|poster|photo|illustration|그림|이미지|사진|로고|포스터"},
		{"VIDEO", "video|film|movie|clip|shorts|영상|비디오|동영상|쇼츠"},
	} {
		if models[k.kind] != "" && regexp.MustCompile(k.words).MatchString(goal) {
			kinds = append(kinds, k.kind)
		}
	}
	if len(kinds) > 2 || len([]rune(goal)) > 60 {
		kinds = append(kinds, "TEXT")
	}
	return kinds
}

// step writes the step at a place; before is the number of steps that exist already.
func (w *planWords) step(place, before int, kind, topic, model string) plannedStep {
	s := w.kinds[kind]
	if kind == "TEXT" {
		s = w.texts[min(place, len(w.texts))-1]
	}
	step := plannedStep{
		Title: s.title, Intent: fmt.Sprintf(s.intent, topic), Kind: kind, Model: model, Reason: w.reasons[kind],
		Instruction: fmt.Sprintf(w.instruction, topic, s.title), DependsOn: []int{},
	}
	for _, p := range s.prompts {
		step.Prompts = append(step.Prompts, fmt.Sprintf(p, topic))
	}
	if place > 1 {
		step.DependsOn = []int{place + before - 1}
		if before > 0 {
			step.DependsOn = []int{place + before - 2}
		}
	}
	return step
}

// withFault is the answer with the fault that the goal's directive requests. Without one, or after a request
// to repair it, it is valid.
func withFault(p planned, d directives, isRepair bool) string {
	if d.planFault != "" && (!isRepair || d.planStaysBad) {
		switch d.planFault {
		case "garbage":
			return "I would rather talk about the weather."
		case "half":
			whole := written(p)
			return whole[:len(whole)/2]
		case "model":
			p.Steps[0].Model = "no-such-model"
		case "cycle":
			p.Steps[0].DependsOn = []int{2}
		case "empty":
			p.Steps[0].Prompts[0] = "  "
		case "one":
			p.Steps = p.Steps[:1]
		}
	}
	return written(p)
}

// suggestions is the answer to a request for prompts.
func suggestions(req ai.TextRequest) string {
	about := firstPrompt(req.Turns)
	words := planWordsFor(about)
	return written(map[string][]string{"prompts": words.suggestions})
}

// written is a JSON document in the form in which models write it, without escaped letters.
func written(v any) string {
	var w strings.Builder
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return "" // Only strings and numbers are written here: no input reaches this.
	}
	return strings.TrimSpace(w.String())
}

// firstPrompt is the user's first turn.
func firstPrompt(turns []ai.Turn) string {
	for _, t := range turns {
		if t.Role == ai.RoleUser {
			return t.Text
		}
	}
	return ""
}

// setPlanFault reads FAULT or FAULT:always.
func setPlanFault(d *directives, value string) {
	name, always, _ := strings.Cut(value, ":")
	switch name {
	case "garbage", "half", "model", "cycle", "empty", "one":
		d.planFault, d.planStaysBad = name, always == "always"
	}
}
