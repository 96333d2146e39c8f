package planner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/catalog"
)

// writer and painter are models with a price: a dollar for a million tokens in or out, ten cents an image.
func models() []catalog.Model {
	dollar := int64(1_000_000)
	return []catalog.Model{
		{ID: "writer", Kind: catalog.Text, MaxInputChars: 8000, MaxOutputTokens: 1000, Prices: []catalog.Price{{Rates: catalog.Rates{Input: &dollar, Output: &dollar}}}},
		{
			ID: "painter", Kind: catalog.Image, MaxInputChars: 100,
			Image:  &catalog.ImageCaps{Sizes: []string{"1x1"}, Qualities: []catalog.Quality{catalog.QualityStandard, catalog.QualityHD}},
			Prices: []catalog.Price{{Images: []catalog.ImagePrice{{Quality: catalog.QualityStandard, Each: 50_000}, {Each: 100_000}}}},
		},
	}
}

func sound() *answer {
	step := func(kind catalog.Kind, model string, needs ...int) stepAnswer {
		return stepAnswer{
			Title: "t", Intent: "i", Kind: kind, Model: model, Reason: "r", Instruction: "s", Prompts: []string{"p", "q"}, DependsOn: needs,
		}
	}
	return &answer{Language: "ko", Title: "t", Summary: "s", Steps: []stepAnswer{step(catalog.Text, "writer"), step(catalog.Image, "painter", 1)}}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	budget := int64(101_000)
	for name, c := range map[string]struct {
		spoil func(a *answer, b *bounds)
		want  string // in the only fault; empty for none
	}{
		"sound":                        {func(*answer, *bounds) {}, ""},
		"within the budget":            {func(_ *answer, b *bounds) { b.budget = ptr(budget + 10_000) }, ""},
		"above the budget":             {func(_ *answer, b *bounds) { b.budget = &budget }, "the budget is $0.101000"},
		"one step":                     {func(a *answer, _ *bounds) { a.Steps = a.Steps[:1] }, "There are 1 steps; there must be 2 to 8."},
		"one step behind others":       {func(a *answer, b *bounds) { a.Steps, b.kept = a.Steps[:1], 7 }, ""},
		"too many behind others":       {func(_ *answer, b *bounds) { b.kept = 7 }, "there must be 1 to 1"},
		"nine steps":                   {func(a *answer, _ *bounds) { a.Steps = slices.Repeat(a.Steps[:1], 9) }, "There are 9 steps"},
		"no title":                     {func(a *answer, _ *bounds) { a.Title = " \n" }, "The title is empty."},
		"a long title":                 {func(a *answer, _ *bounds) { a.Title = strings.Repeat("가", 201) }, "has 201 characters"},
		"the longest title":            {func(a *answer, _ *bounds) { a.Title = strings.Repeat("가", 200) }, ""},
		"no language":                  {func(a *answer, _ *bounds) { a.Language = "" }, "The language is empty."},
		"U+0000":                       {func(a *answer, _ *bounds) { a.Steps[0].Intent = "a\x00" }, "Step 1: the intent holds U+0000."},
		"an unknown model":             {func(a *answer, _ *bounds) { a.Steps[1].Model = "dall-e" }, `Step 2: there is no model "dall-e".`},
		"a painter that writes":        {func(a *answer, _ *bounds) { a.Steps[0].Model = "painter" }, "makes IMAGE, not TEXT"},
		"one prompt":                   {func(a *answer, _ *bounds) { a.Steps[0].Prompts = []string{"p"} }, "Step 1 has 1 prompts"},
		"an empty prompt":              {func(a *answer, _ *bounds) { a.Steps[0].Prompts[1] = " " }, "Step 1: prompt 2 is empty."},
		"a prompt too long for it":     {func(a *answer, _ *bounds) { a.Steps[1].Prompts[0] = strings.Repeat("p", 101) }, "Step 2: prompt 1 has 101"},
		"a step that needs itself":     {func(a *answer, _ *bounds) { a.Steps[1].DependsOn = []int{2} }, "Step 2 depends on step 2"},
		"a step that needs a later":    {func(a *answer, _ *bounds) { a.Steps[0].DependsOn = []int{2} }, "Step 1 depends on step 2"},
		"a step that needs step 0":     {func(a *answer, _ *bounds) { a.Steps[1].DependsOn = []int{0} }, "Step 2 depends on step 0"},
		"a step that needs a kept one": {func(a *answer, b *bounds) { b.kept, a.Steps[0].DependsOn = 3, []int{3} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := sound(), bounds{models: models()}
			c.spoil(a, &b)
			faults := b.check(a)
			switch {
			case c.want == "" && len(faults) > 0:
				t.Errorf("faults %q", faults)
			case c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], c.want)):
				t.Errorf("faults %q, want one with %q", faults, c.want)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestParse(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(sound())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain": string(raw), "with blanks": "\n " + string(raw) + "\n", "in a fence": "```json\n" + string(raw) + "\n```", "in a bare fence": "```\n" + string(raw) + "```",
	} {
		if a, err := parse(text); err != nil || len(a.Steps) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"nothing": "", "words": "Sure!", "half": string(raw[:len(raw)/2]), "another type": `{"steps": 3}`} {
		if _, err := parse(text); err == nil {
			t.Errorf("%s is taken for a plan", name)
		}
	}
}

// TestShapeIsStrict: every object of the schema requires all of its properties and allows no others, as
// strict modes demand.
func TestShapeIsStrict(t *testing.T) {
	t.Parallel()
	var walk func(where string, schema map[string]any)
	walk = func(where string, schema map[string]any) {
		properties, _ := schema["properties"].(map[string]any)
		if schema["type"] == "object" && (schema["additionalProperties"] != false || len(schema["required"].([]any)) != len(properties)) {
			t.Errorf("%s is not strict: requires %v", where, schema["required"])
		}
		for name, p := range properties {
			walk(where+"."+name, p.(map[string]any))
		}
		if items, ok := schema["items"].(map[string]any); ok {
			walk(where+"[]", items)
		}
	}
	s := shape(models())
	walk("plan", s.Schema)
	if raw, err := json.Marshal(s.Schema); err != nil || !strings.Contains(string(raw), `"enum":["writer","painter"]`) || !strings.Contains(string(raw), `"enum":["TEXT","IMAGE"]`) {
		t.Errorf("%s %v", raw, err)
	}
}

func TestProgressNeverFalls(t *testing.T) {
	t.Parallel()
	raw, err := json.MarshalIndent(sound(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	last, phases := 0.0, []string{}
	for i := range raw {
		share, phase := planProgress(string(raw[:i]))
		if *share < last || *share > 0.9 {
			t.Fatalf("%v behind %v", *share, last)
		}
		last = *share
		if len(phases) == 0 || phases[len(phases)-1] != phase {
			phases = append(phases, phase)
		}
	}
	if want := []string{"Thinking about the goal", "Step 1", "Step 1: t", "Step 2", "Step 2: t"}; !slices.Equal(phases, want) {
		t.Errorf("phases %q", phases)
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	second := int64(150_000)
	film := catalog.Model{Kind: catalog.Video, Video: &catalog.VideoCaps{Seconds: []int{8, 4, 12}, Resolutions: []string{"720p"}}, Prices: []catalog.Price{{Videos: []catalog.VideoPrice{{Each: second}}}}}
	free := models()[0]
	free.Prices = nil
	for name, c := range map[string]struct {
		model catalog.Model
		want  string
	}{
		// Each of the two texts is one token, and four for its borders.
		"text":     {models()[0], "210 to 1010"},
		"image":    {models()[1], "50000 to 100000"},
		"video":    {film, "600000 to 1800000"},
		"no price": {free, "unknown"},
	} {
		got := "unknown"
		if r := Estimate(c.model, "tell", "tell", time.Now()); r != nil {
			got = fmt.Sprintf("%d to %d", r.Min, r.Max)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
