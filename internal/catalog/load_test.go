package catalog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// text is an entry that is sound; more are further lines of it.
func text(id string, more ...string) string {
	lines := []string{
		"  - id: " + id, "    provider: sandbox", "    kind: TEXT", "    name: {en: A, ko: 가}", "    description: {en: d, ko: 라}", "    plan: FREE", "    state: ACTIVE",
		"    maxInputChars: 10", "    maxOutputTokens: 5", "    text: {contextTokens: 100, defaultOutputTokens: 5}",
	}
	if !strings.Contains(strings.Join(more, "\n"), "prices:") {
		lines = append(lines, "    price: unknown")
	}
	for _, line := range more {
		key, _, _ := strings.Cut(line, ":")
		replaced := false
		for i := range lines {
			if strings.HasPrefix(strings.TrimSpace(lines[i]), key+":") {
				lines[i], replaced = "    "+line, true
			}
		}
		if !replaced {
			lines = append(lines, "    "+line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// image and film are entries of other kinds; price is the line of their price, more are lines of their caps.
func image(price string) string {
	return "  - id: a\n    provider: sandbox\n    kind: IMAGE\n    name: {en: A, ko: 가}\n    description: {en: d, ko: 라}\n    plan: FREE\n    state: ACTIVE\n" +
		"    maxInputChars: 10\n    image: {sizes: [9x9], qualities: [STANDARD, HD]}\n    " + price + "\n"
}

func film(price string, more ...string) string {
	caps := strings.Join(append([]string{"seconds: [8, 4]", "resolutions: [720p, 4K]", `aspects: ["16:9"]`}, more...), ", ")
	return "  - id: a\n    provider: sandbox\n    kind: VIDEO\n    name: {en: A, ko: 가}\n    description: {en: d, ko: 라}\n    plan: FREE\n    state: ACTIVE\n" +
		"    maxInputChars: 10\n    video: {" + caps + "}\n    " + price + "\n"
}

// TestFaultsNameTheirLines, all of them at once.
func TestFaultsNameTheirLines(t *testing.T) {
	t.Parallel()
	good := text("good")
	for name, tt := range map[string]struct{ data, want string }{
		"no YAML":                    {"models: [", "did not find"},
		"no models":                  {"models: []", "f.yaml:1: there are no models"},
		"no YAML further down":       {"models:\n" + good + "  - id: [", "f.yaml:13: did not find"},
		"an unknown field":           {"models:\n" + good + text("a", "smell: 3"), "f.yaml:24: a: field smell not found"},
		"words for a number":         {"models:\n" + text("a", "maxInputChars: many"), "f.yaml:9: a: cannot unmarshal !!str `many` into int"},
		"two documents":              {"models:\n" + good + "---\nmodels: []", "more than one document"},
		"nothing":                    {"", "f.yaml:1: there are no models"},
		"too many":                   {"models:\n" + strings.Repeat(good, maxModels+1), "f.yaml:1: there are 201 models, and may be 200"},
		"an entry without anything":  {"models:\n  -\n" + good, "f.yaml:2: an entry has fields"},
		"an unknown provider":        {"models:\n" + text("a", "provider: opnai"), "f.yaml:2: a: `provider` is one of sandbox, openai, not \"opnai\""},
		"a day of an active one":     {"models:\n" + good + text("b", `shutdown: "2027-01-01"`, "successor: good"), "is DEPRECATED, or RETIRED"},
		"a ring in the future":       {"models:\n" + text("a", "state: DEPRECATED", "shutdown: unknown", "successor: b") + text("b", "state: DEPRECATED", "shutdown: unknown", "successor: a"), "in a ring"},
		"a next of another kind":     {"models:\n" + text("a", "state: RETIRED", "successor: b") + text("b", "kind: IMAGE"), "not of the kind TEXT"},
		"an id twice":                {"models:\n" + good + good, "f.yaml:13: good: is there twice"},
		"no name in Korean":          {"models:\n" + text("a", "name: {en: A}"), "f.yaml:2: a: `name.ko` is missing"},
		"an unknown kind":            {"models:\n" + text("a", "kind: SMELL"), `not "SMELL"`},
		"limits of another kind":     {"models:\n" + text("a", "kind: IMAGE"), "has `image`, and no limits of other kinds"},
		"an unknown plan":            {"models:\n" + text("a", "plan: GOLD"), `not "GOLD"`},
		"an unknown state":           {"models:\n" + text("a", "state: SLEEPING"), `not "SLEEPING"`},
		"an unknown capability":      {"models:\n" + text("a", "capabilities: [FLY]"), `unknown "FLY"`},
		"retired without a next":     {"models:\n" + good + text("b", "state: RETIRED"), "f.yaml:13: b: a model that is RETIRED needs its `successor`"},
		"deprecated without a day":   {"models:\n" + good + text("b", "state: DEPRECATED", "successor: good"), "needs its day in `shutdown`"},
		"a day that is none":         {"models:\n" + good + text("b", "shutdown: soon"), "must be a day such as 2027-01-14"},
		"a successor that is gone":   {"models:\n" + good + text("b", "state: RETIRED", "successor: c"), `its successor "c" is not there`},
		"successors in a ring":       {"models:\n" + good + text("b", "state: RETIRED", "successor: c") + text("c", "state: RETIRED", "successor: b"), "in a ring"},
		"a fallback that is gone":    {"models:\n" + text("a", "fallback: c"), `its fallback "c" is not there`},
		"a fallback to itself":       {"models:\n" + text("a", "fallback: a"), "must be another model"},
		"a price that is none":       {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1.2345678"}]`), "is no amount in dollars"},
		"a price below nothing":      {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "-1"}]`), "is no amount in dollars"},
		"a window below its answers": {"models:\n" + text("a", "text: {contextTokens: 5, defaultOutputTokens: 5}"), "must be above `maxOutputTokens`"},
		"all retired":                {"models:\n" + text("a", "state: RETIRED", "successor: a"), "in a ring"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse("f.yaml", []byte(tt.data), []string{"sandbox", "openai"})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "catalog.") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	_, err := parse("f.yaml", []byte("models:\n"+text("a", "plan: GOLD", "state: SLEEPING")+text("b", "fallback: c")), nil)
	if n := strings.Count(fmt.Sprint(err), "f.yaml:"); n != 4 {
		t.Errorf("%d faults are told: %v", n, err)
	}
}

// TestFaultsOfPricesAndWhatTheyNeed are reported like any others.
func TestFaultsOfPricesAndWhatTheyNeed(t *testing.T) {
	t.Parallel()
	good := text("good")
	for name, tt := range map[string]struct{ data, want string }{
		"no price at all":            {"models:\n" + strings.ReplaceAll(good, "price: unknown", "price:"), "f.yaml:2: good: a model on offer needs its `prices`, or `price: unknown`"},
		"a price in words":           {"models:\n" + text("a", "price: cheap"), "`price` is `unknown` or left out"},
		"unknown, and known":         {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1", output: "1"}]`) + "    price: unknown\n", "and there are `prices`"},
		"a text without its output":  {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1"}]`), "needs `input` and `output`"},
		"a day twice":                {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1", output: "1"}, {from: "2026-01-01", input: "2", output: "2"}]`), "two prices begin on the same day"},
		"a tier that says less":      {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1", output: "1", above: [{inputTokens: 9, input: "2"}]}]`), "needs every rate that the price has"},
		"tiers that fall":            {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1", output: "1", above: [{inputTokens: 9, input: "2", output: "2"}, {inputTokens: 9, input: "3", output: "3"}]}]`), "must be above 0, and rise"},
		"a source that is none":      {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1", output: "1", source: {url: "http://a", read: "2026-01-01"}}]`), "must be an address with https"},
		"a source without its day":   {"models:\n" + text("a", `prices: [{from: "2026-01-01", input: "1", output: "1", source: {url: "https://a.example"}}]`), "`prices.source.read` must be a day"},
		"an image of no price":       {"models:\n" + image(`prices: [{from: "2026-01-01", images: [{quality: HD, each: "1"}]}]`), "an image of 9x9 in STANDARD has no price"},
		"tokens without a bound":     {"models:\n" + image(`prices: [{from: "2026-01-01", input: "1", imageOutput: "1"}]`), "or no bound in `image.tokens`"},
		"an image's tokens alone":    {"models:\n" + image(`prices: [{from: "2026-01-01", imageOutput: "1"}]`), "needs `images`, or `input` and `imageOutput`"},
		"a film of no price":         {"models:\n" + film(`prices: [{from: "2026-01-01", videoSeconds: [{resolution: 720p, each: "1"}]}]`), "a second of 4K has no price"},
		"a length of no resolution":  {"models:\n" + film("price: unknown", "only: [{resolution: 8K, seconds: [8]}]"), "names \"8K\", which is none of the resolutions"},
		"a length there is not":      {"models:\n" + film("price: unknown", "only: [{resolution: 4K, seconds: [5]}]"), "needs some of `seconds` for 4K"},
		"a default without a length": {"models:\n" + film("price: unknown", "only: [{resolution: 720p, seconds: [4]}]"), "leaves the default resolution without the default length"},
		"more in than there is room": {"models:\n" + text("a", "text: {contextTokens: 100, inputTokens: 101, defaultOutputTokens: 5}"), "must be from 1 to `contextTokens`"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse("f.yaml", []byte(tt.data), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzParse: a faulty file gives an error and nothing worse, since a running server reads what an operator
// has half written.
func FuzzParse(f *testing.F) {
	for _, data := range []string{
		"models:\n" + text("a") + "  - 3\n  - *b\n", "models:\n  - &a {id: a}\n  - *a\n  - <<: *a\n", "models: &m [*m]", "models: {a: 1}", "defaults: {a: &a {kind: TEXT}}", "--- 1\n---\n", "models:\n  - \n  - <<:",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		models, err := parse("f.yaml", data, nil)
		if err == nil && len(models) == 0 {
			t.Error("no models, and no error")
		}
	})
}

// TestAnchorsKeepAFileShort lets entries share what is under `defaults`.
func TestAnchorsKeepAFileShort(t *testing.T) {
	t.Parallel()
	data := "defaults:\n  writer: &writer\n    provider: sandbox\n    kind: TEXT\n    plan: FREE\n    state: ACTIVE\n    maxInputChars: 10\n    maxOutputTokens: 5\n" +
		"    text: {contextTokens: 100, defaultOutputTokens: 5}\n    price: unknown\nmodels:\n" +
		"  - {<<: *writer, id: a, name: {en: A, ko: 가}, description: {en: d, ko: 라}}\n" +
		"  - {<<: *writer, id: b, name: {en: B, ko: 나}, description: {en: d, ko: 라}, plan: PREMIUM}\n"
	models, err := parse("f.yaml", []byte(data), nil)
	if err != nil || len(models) != 2 || models[0].Plan != Free || models[1].Plan != Premium || models[1].Text.ContextTokens != 100 {
		t.Errorf("got %+v, %v", models, err)
	}
}

// TestReload takes over a file that changed, and keeps the last good one.
func TestReload(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "models.yaml")
	write := func(data string) {
		if err := os.WriteFile(path, []byte("models:\n"+data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text("a"))
	c, err := Load(Settings{File: path})
	if err != nil {
		t.Fatal(err)
	}
	want := func(what string, changed, fails bool, first string) {
		t.Helper()
		got, err := c.Reload()
		if got != changed || (err != nil) != fails || c.Default().ID != first {
			t.Errorf("%s: changed %t, %v, first %s", what, got, err, c.Default().ID)
		}
	}
	want("the same file", false, false, "a")
	write(text("b") + text("a"))
	want("another first", true, false, "b")
	write(text("c", "plan: GOLD"))
	want("a bad file", false, true, "b")
	want("the same bad file", false, false, "b")
	write(text("c"))
	want("a good one again", true, false, "c")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("no file", false, true, "c")
	want("still no file", false, false, "c")
	write(text("d"))
	want("a file again", true, false, "d")
}

// TestReloadUnderReaders lets readers see one whole catalogue or the other.
func TestReloadUnderReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "models.yaml")
	c := &Catalog{settings: Settings{File: path}}
	files := []string{"models:\n" + text("a") + text("b"), "models:\n" + text("c") + text("d")}
	if err := c.replace(path, []byte(files[0])); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			if err := c.replace(path, []byte(files[i%2])); err != nil {
				t.Error(err)
			}
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		models := c.Models()
		if pair := models[0].ID + models[1].ID; pair != "ab" && pair != "cd" {
			t.Fatalf("read %s", pair)
		}
	}
}
