package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/app"
)

// modelFields is all of a model that a selector shows.
const modelFields = `id name description provider kind state shutdownAt plan availableToViewer unavailableReason capabilities isDefault isSandbox
	successor { id } fallback { id } text { contextTokens inputTokens defaultOutputTokens temperature { min max default } } image { sizes }
	video { seconds secondsByResolution { resolution seconds } } nextPrice { validFromAt } price { validFromAt inputTokens { amountMicros currency }
	cachedInputTokens { amountMicros } cacheWriteTokens { amountMicros } outputTokens { amountMicros } imageInputTokens { amountMicros } imageOutputTokens { amountMicros }
	tiers { aboveInputTokens inputTokens { amountMicros } outputTokens { amountMicros } } images { size quality cost { amountMicros } } videoSecond { amountMicros }
	videoByResolution { resolution cost { amountMicros } } source { url readAt } }`

// TestModelsByFilter says which models whom is shown, and why some cannot be used.
func TestModelsByFilter(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p, guest := w.person(t, "ada"), w.person(t, "guest")
	guest.Token = ""
	ids := func(p *person, filter object) []string {
		a := p.get(t, `query ($f: ModelFilter) { models(filter: $f) { id } }`, object{"f": filter})
		return a.list("models", "id")
	}
	offered := ids(p, nil)
	if offered[0] != "sandbox-writer" || !slices.Contains(offered, "gemini-2.5-flash-image") || slices.Contains(offered, "dall-e-3") {
		t.Errorf("on offer: %v", offered)
	}
	for name, c := range map[string]struct {
		filter      object
		has, hasNot string
	}{
		"retired":      {object{"states": []string{"RETIRED"}}, "dall-e-3", "gpt-6-luna"},
		"deprecated":   {object{"states": []string{"DEPRECATED"}}, "gemini-2.5-flash-image", "gpt-6-luna"},
		"videos":       {object{"kind": "VIDEO"}, "veo-3.1-generate-preview", "sandbox-writer"},
		"of one":       {object{"provider": "google"}, "gemini-3.8-flash", "gpt-6-luna"},
		"that see":     {object{"capabilities": []string{"IMAGE_INPUT"}}, "sandbox-writer", "sandbox-brief"},
		"usable":       {object{"availableToViewer": true}, "sandbox-writer", "gpt-6-luna"},
		"not usable":   {object{"availableToViewer": false}, "gpt-6-luna", "sandbox-writer"},
		"of nobody":    {object{"provider": "nobody"}, "", "sandbox-writer"},
		"all together": {object{"kind": "TEXT", "provider": "openai", "states": []string{"ACTIVE"}}, "gpt-6-luna", "gpt-5-mini"},
	} {
		got := ids(p, c.filter)
		if c.has != "" && !slices.Contains(got, c.has) || slices.Contains(got, c.hasNot) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := ids(guest, object{"availableToViewer": true}); len(got) != 0 {
		t.Errorf("a guest can use %v", got)
	}
	reasons := func(p *person) map[string]string {
		a := p.get(t, `{ models(filter: {states: [ACTIVE, RETIRED]}) { id unavailableReason } }`, nil)
		out := map[string]string{}
		for i, id := range a.list("models", "id") {
			out[id] = a.list("models", "unavailableReason")[i]
		}
		return out
	}
	if got := reasons(guest); got["sandbox-writer"] != "SIGN_IN_REQUIRED" || got["gpt-6-luna"] != "SIGN_IN_REQUIRED" || got["dall-e-3"] != "SIGN_IN_REQUIRED" {
		t.Errorf("for a guest: %v", got)
	}
	if got := reasons(p); got["sandbox-writer"] != "" || got["gpt-6-luna"] != "PROVIDER_NOT_CONFIGURED" || got["dall-e-3"] != "RETIRED" {
		t.Errorf("for a person: %v", got)
	}
}

// TestOneModel is all of it, in the language that is asked for or the person's.
func TestOneModel(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	a := p.get(t, `{ models(filter: {states: [ACTIVE, DEPRECATED, RETIRED], provider: "openai", kind: TEXT}) { `+modelFields+` ko: name(language: KO) en: name(language: EN) } }`, nil)
	at := slices.Index(a.list("models", "id"), "gpt-4o-mini")
	for field, want := range map[string]any{
		"id": "gpt-4o-mini", "shutdownAt": "2027-01-14T00:00:00Z", "successor.id": "gpt-6-luna", "plan": "FREE", "ko": "GPT-4o 미니", "en": "GPT-4o mini",
		"price.inputTokens.amountMicros": 150000.0, "price.inputTokens.currency": "USD", "text.temperature.max": 2.0, "availableToViewer": false, "isSandbox": false,
	} {
		if got := a.at(fmt.Sprintf("models.%d.%s", at, field)); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	for language, want := range map[string]string{"KO": "샌드박스 작가", "EN": "Sandbox Writer"} {
		p.change(t, "updatePreferences", object{"language": language}, "viewer { id }")
		if got := p.get(t, `{ models { name } }`, nil).text("models.0.name"); got != want {
			t.Errorf("in %s it is %q", language, got)
		}
	}
}

// TestPricesOfEverySort are shown as the catalogue has them, on any day.
func TestPricesOfEverySort(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	a := p.get(t, `{ models { `+modelFields+` } }`, nil)
	for id, fields := range map[string]map[string]any{
		"gpt-6-luna": {
			"text.contextTokens": 1050000.0, "text.inputTokens": 922000.0, "price.cachedInputTokens.amountMicros": 10000.0, "price.cacheWriteTokens.amountMicros": 125000.0,
			"price.tiers.0.aboveInputTokens": 272000.0, "price.tiers.0.outputTokens.amountMicros": 750000.0, "price.imageOutputTokens": nil,
			"price.source.url": "https://developers.openai.com/api/docs/models/gpt-6-luna", "price.source.readAt": "2026-11-30T00:00:00Z",
		},
		"gpt-image-2": {"price.imageInputTokens.amountMicros": 8000000.0, "price.imageOutputTokens.amountMicros": 30000000.0, "price.images": []any{}, "price.outputTokens": nil},
		"veo-3.1-generate-preview": {
			"price.videoSecond.amountMicros": 400000.0, "price.videoByResolution.0.resolution": "4K", "price.videoByResolution.0.cost.amountMicros": 600000.0, "price.videoByResolution.1.resolution": nil,
			"video.secondsByResolution.2.resolution": "4K", "video.secondsByResolution.2.seconds": []any{8.0}, "nextPrice": nil,
		},
		"sandbox-painter": {"price.images.0.cost.amountMicros": 0.0, "price.tiers": []any{}, "price.source": nil, "text": nil},
	} {
		at := slices.Index(a.list("models", "id"), id)
		for field, want := range fields {
			if got := a.at(fmt.Sprintf("models.%d.%s", at, field)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s of %s is %v, want %v", field, id, got, want)
			}
		}
	}
}

// ending is a catalogue whose second model ends in some days.
func ending(t *testing.T, days int) (path string, day time.Time) {
	t.Helper()
	day = time.Now().UTC().AddDate(0, 0, days).Truncate(24 * time.Hour)
	const rest = "provider: sandbox, kind: TEXT, name: {en: A, ko: 가}, description: {en: d, ko: 라}, plan: FREE, maxInputChars: 9, maxOutputTokens: 5, " +
		"text: {contextTokens: 90, defaultOutputTokens: 5}, price: unknown}\n"
	file := "models:\n  - {id: steady, state: ACTIVE, " + rest +
		"  - {id: brief, state: DEPRECATED, successor: steady, shutdown: " + day.Format(time.DateOnly) + ", " + rest
	path = filepath.Join(t.TempDir(), "models.yaml")
	must(t, os.WriteFile(path, []byte(file), 0o600))
	return path, day
}

// TestModelWarningsAreForOperators alone: they name what the operator should mend.
func TestModelWarningsAreForOperators(t *testing.T) {
	t.Parallel()
	settings := services(t)
	settings["ADMIN_EMAILS"] = "root@example.com"
	var day time.Time
	settings["CATALOG_FILE"], day = ending(t, 20)
	w := start(t, app.Part{Serves: true, Works: true}, settings)
	const query = `{ modelWarnings { model { id successor { id } } code message shutdownAt checkedAt } }`
	guest := w.person(t, "guest")
	guest.Token = ""
	if got := guest.do(t, query, nil).code(); got != "UNAUTHENTICATED" {
		t.Errorf("a guest: %q", got)
	}
	if got := w.person(t, "ada").do(t, query, nil).code(); got != "FORBIDDEN" {
		t.Errorf("a person: %q", got)
	}
	a := w.person(t, "root").get(t, query, nil)
	if got := a.list("modelWarnings", "code"); !slices.Equal(got, []string{"ENDING"}) {
		t.Fatalf("an operator is told %v", got)
	}
	for field, want := range map[string]any{
		"model.id": "brief", "model.successor.id": "steady", "shutdownAt": day.Format(time.RFC3339), "checkedAt": nil,
		"message": "brief ends on " + day.Format("January 2, 2006") + ": people will be sent to steady.",
	} {
		if got := a.at("modelWarnings.0." + field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
}
