package catalog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// text is an entry that is sound; more are further lines of it.
func text(id string, more ...string) string {
	lines := []string{
		"  - id: " + id, "    provider: sandbox", "    kind: TEXT", "    name: {en: A, ko: 가}", "    description: {en: d, ko: 라}", "    plan: FREE", "    state: ACTIVE",
		"    maxInputChars: 10", "    maxOutputTokens: 5", "    text: {contextTokens: 100, defaultOutputTokens: 5}",
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

// TestFaultsAreToldWithTheirLines, all of them at once.
func TestFaultsAreToldWithTheirLines(t *testing.T) {
	t.Parallel()
	good := text("good")
	for name, tt := range map[string]struct{ data, want string }{
		"no YAML":                    {"models: [", "did not find"},
		"no models":                  {"models: []", "f.yaml:1: there are no models"},
		"no YAML further down":       {"models:\n" + good + "  - id: [", "f.yaml:12: did not find"},
		"an unknown field":           {"models:\n" + good + text("a", "smell: 3"), "f.yaml:22: a: field smell not found"},
		"words for a number":         {"models:\n" + text("a", "maxInputChars: many"), "f.yaml:9: a: cannot unmarshal !!str `many` into int"},
		"two documents":              {"models:\n" + good + "---\nmodels: []", "more than one document"},
		"nothing":                    {"", "f.yaml:1: there are no models"},
		"too many":                   {"models:\n" + strings.Repeat(good, maxModels+1), "f.yaml:1: there are 201 models, and may be 200"},
		"an entry without anything":  {"models:\n  -\n" + good, "f.yaml:2: an entry has fields"},
		"an unknown provider":        {"models:\n" + text("a", "provider: opnai"), "f.yaml:2: a: `provider` is one of sandbox, openai, not \"opnai\""},
		"a day of an active one":     {"models:\n" + good + text("b", `shutdown: "2027-01-01"`, "successor: good"), "is DEPRECATED, or RETIRED"},
		"a ring in the future":       {"models:\n" + text("a", "state: DEPRECATED", "shutdown: unknown", "successor: b") + text("b", "state: DEPRECATED", "shutdown: unknown", "successor: a"), "in a ring"},
		"a next of another kind":     {"models:\n" + text("a", "state: RETIRED", "successor: b") + text("b", "kind: IMAGE"), "not of the kind TEXT"},
		"an id twice":                {"models:\n" + good + good, "f.yaml:12: good: is there twice"},
		"no name in Korean":          {"models:\n" + text("a", "name: {en: A}"), "f.yaml:2: a: `name.ko` is missing"},
		"an unknown kind":            {"models:\n" + text("a", "kind: SMELL"), `not "SMELL"`},
		"limits of another kind":     {"models:\n" + text("a", "kind: IMAGE"), "has `image`, and no limits of other kinds"},
		"an unknown plan":            {"models:\n" + text("a", "plan: GOLD"), `not "GOLD"`},
		"an unknown state":           {"models:\n" + text("a", "state: SLEEPING"), `not "SLEEPING"`},
		"an unknown capability":      {"models:\n" + text("a", "capabilities: [FLY]"), `unknown "FLY"`},
		"retired without a next":     {"models:\n" + good + text("b", "state: RETIRED"), "f.yaml:12: b: a model that is RETIRED needs its `successor`"},
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

// FuzzParse never fails but with an error: a running server reads what an operator has half written.
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
		"    text: {contextTokens: 100, defaultOutputTokens: 5}\nmodels:\n" +
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
	if err := c.take(path, []byte(files[0])); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			if err := c.take(path, []byte(files[i%2])); err != nil {
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

// TestCostOf is exact, and rounds once.
func TestCostOf(t *testing.T) {
	t.Parallel()
	price := func(v int64) *int64 { return &v }
	m := Model{Prices: []Price{
		{From: time.Unix(0, 0), Input: price(150_000), CachedInput: price(75_000), Output: price(600_000), VideoSecond: price(400_000), Images: []ImagePrice{
			{Size: "1024x1024", Quality: QualityHD, Each: 80_000}, {Quality: QualityStandard, Each: 40_000}}},
		{From: time.Unix(1000, 0), Input: price(1_000_000)},
	}}
	for name, tt := range map[string]struct {
		used Consumed
		at   int64
		want int64
		ok   bool
	}{
		"nothing":                      {Consumed{}, 1, 0, true},
		"tokens":                       {Consumed{Input: 1000, CachedInput: 400, Output: 200}, 1, 240, true}, // 90 + 30 + 120
		"half a millionth is rounded":  {Consumed{Input: 10}, 1, 2, true},                                    // 1.5
		"less than half of one":        {Consumed{Input: 3}, 1, 0, true},                                     // 0.45
		"a film":                       {Consumed{VideoMs: 8500}, 1, 3_400_000, true},
		"a fine square":                {Consumed{Images: 2, Size: "1024x1024", Quality: QualityHD}, 1, 160_000, true},
		"any standard one":             {Consumed{Images: 1, Size: "1x1", Quality: QualityStandard}, 1, 40_000, true},
		"a fine one without a price":   {Consumed{Images: 1, Size: "1x1", Quality: QualityHD}, 1, 0, false},
		"before there were prices":     {Consumed{Input: 1}, -1, 0, false},
		"a later price":                {Consumed{Input: 3}, 1000, 3, true},
		"what the later price leaves":  {Consumed{Output: 3}, 1000, 0, false},
		"cached without a price of it": {Consumed{Input: 3, CachedInput: 3}, 1000, 3, true},
	} {
		if got, ok := m.CostOf(tt.used, time.Unix(tt.at, 0)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %d %t, want %d %t", name, got, ok, tt.want, tt.ok)
		}
	}
}
