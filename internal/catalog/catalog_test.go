package catalog_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
)

func load(t *testing.T, s catalog.Settings) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// day is a date of the shipped catalogue.
func day(date string) func() time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // The dates are constants of the tests.
	}
	return func() time.Time { return t }
}

func all(string) bool { return true }

// TestModelsBeginWithTheDefault verifies the order of the models, and the default of each kind.
func TestModelsBeginWithTheDefault(t *testing.T) {
	t.Parallel()
	openai := map[string]string{"openai": "gpt-4o-mini", "google": "gemini-1.5-flash"}
	tests := map[string]struct {
		settings catalog.Settings
		first    string
		defaults map[catalog.Kind]string
	}{
		"without a key": {
			catalog.Settings{}, "sandbox-writer", map[catalog.Kind]string{catalog.Image: "sandbox-painter", catalog.Video: "sandbox-filmer"}},
		"as set": {
			catalog.Settings{Default: "sandbox-brief"}, "sandbox-brief", map[catalog.Kind]string{catalog.Image: "sandbox-painter", catalog.Video: "sandbox-filmer"}},
		"as set, and retired since": {
			catalog.Settings{Default: "sandbox-classic"}, "sandbox-writer", nil},
		"as set, and ended today": {
			catalog.Settings{Configured: all, Default: "gpt-4o-mini", Now: day("2027-01-14")}, "gpt-6-luna", nil},
		"OpenAI first": {
			catalog.Settings{Configured: all, Provider: "openai", TextModels: openai}, "gpt-4o-mini", map[catalog.Kind]string{catalog.Image: "gpt-image-2.6-flare", catalog.Video: "veo-3.1-fast-generate-preview"}},
		"OpenAI first, and its model has ended": {
			catalog.Settings{Configured: all, Provider: "openai", TextModels: openai, Now: day("2027-01-14")}, "gpt-6-luna", map[catalog.Kind]string{catalog.Image: "gpt-image-2.6-flare"}},
		"Google first, by a name that is retired": {
			catalog.Settings{Configured: all, Provider: "google", TextModels: openai}, "gemini-3.5-flash-lite", map[catalog.Kind]string{catalog.Image: "gemini-nano-banana-2.1"}},
		"Google alone": {
			catalog.Settings{Configured: func(p string) bool { return p == "google" }, Provider: "google"}, "gemini-3.5-flash-lite", map[catalog.Kind]string{catalog.Video: "veo-3.1-fast-generate-preview"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.settings.Now == nil {
				tt.settings.Now = day("2026-11-23")
			}
			c := load(t, tt.settings)
			if got := c.Default().ID; got != tt.first || c.Models()[0].ID != tt.first {
				t.Errorf("Default = %s, first %s, want %s", got, c.Models()[0].ID, tt.first)
			}
			for kind, want := range tt.defaults {
				if m, err := c.DefaultOf(kind); err != nil || m.ID != want {
					t.Errorf("%s: %s, %v, want %s", kind, m.ID, err, want)
				}
			}
			for _, m := range c.Models() {
				if got, _ := c.Get(m.ID); !reflect.DeepEqual(got, m) {
					t.Errorf("%s: Get = %+v", m.ID, got)
				}
			}
		})
	}
}

// TestTheShippedCatalogueByDate verifies on which days which models are usable, and their successors.
func TestTheShippedCatalogueByDate(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]map[string]string{
		"2026-11-23": {
			"gpt-4o-mini": "DEPRECATED gpt-6-luna", "dall-e-3": "RETIRED gpt-image-2.6-flare", "sora-2": "RETIRED veo-3.1-generate-preview",
			"gemini-1.5-flash": "RETIRED gemini-3.5-flash-lite", "gemini-1.5-pro": "RETIRED gemini-3.8-flash", "gemini-3-pro": "RETIRED gemini-3.1-pro-preview",
			"gpt-image-1.5": "DEPRECATED gpt-image-2.6-flare", "gemini-2.5-flash-image": "DEPRECATED gemini-nano-banana-2.1", "gemini-3.1-flash-image": "RETIRED gemini-nano-banana-2.1", "veo": "RETIRED veo-3.1-generate-preview",
			"gpt-5-mini": "RETIRED gpt-5.4-mini", "gpt-6-luna": "ACTIVE ", "gpt-6.1-sol": "ACTIVE ", "gpt-6-astra": "ACTIVE ",
		},
		"2026-11-30": {"gpt-image-1.5": "DEPRECATED gpt-image-2.6-flare"},
		"2026-12-01": {"gpt-image-1.5": "RETIRED gpt-image-2.6-flare", "gpt-4o-mini": "DEPRECATED gpt-6-luna"},
		"2026-12-11": {"gpt-5-mini": "RETIRED gpt-5.4-mini"},
		"2027-01-13": {"gpt-4o-mini": "DEPRECATED gpt-6-luna"},
		"2027-01-14": {"gpt-4o-mini": "RETIRED gpt-6-luna"},
	} {
		c := load(t, catalog.Settings{Configured: all, Now: day(date)})
		for id, state := range want {
			m, _ := c.Get(id)
			next, _ := c.Successor(id)
			if got := string(m.State) + " " + next.ID; got != state {
				t.Errorf("on %s %s is %q, want %q", date, id, got, state)
			}
			if _, err := c.Usable(m.Kind, id); (m.State == catalog.Retired) != reasonIs(err, errs.ModelRetired) {
				t.Errorf("on %s %s: %v", date, id, err)
			}
		}
	}
}

// TestEveryModelOnOfferHasAPrice except those whose price the catalogue states as unknown, which are listed
// here.
func TestEveryModelOnOfferHasAPrice(t *testing.T) {
	t.Parallel()
	var unknown []string
	for _, date := range []string{"2026-11-30", "2026-12-01", "2026-12-11", "2027-01-01", "2027-01-14", "2030-01-01"} {
		c := load(t, catalog.Settings{Configured: all, Now: day(date)})
		unpriced := []string{}
		for _, m := range c.Models() {
			if m.PriceAt(day(date)()) == nil {
				unpriced = append(unpriced, m.ID)
			}
		}
		if diff := cmp.Diff(unknown, unpriced, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("on %s the models without a known price (-want +got):\n%s", date, diff)
		}
		if m := c.Default(); m.PriceAt(day(date)()) == nil {
			t.Errorf("on %s the default %s has no price", date, m.ID)
		}
	}
}

// TestPricesSayWhereTheyWereRead of every model that a provider bills.
func TestPricesSayWhereTheyWereRead(t *testing.T) {
	t.Parallel()
	today := day("2026-11-30")
	for _, m := range load(t, catalog.Settings{Configured: all, Now: today}).Models() {
		for _, p := range m.Prices {
			switch {
			case m.IsSandbox:
			case p.Source == nil:
				t.Errorf("%s: its price from %s names no source", m.ID, p.From.Format(time.DateOnly))
			case p.Source.Read.After(today()):
				t.Errorf("%s: its price was read on %s, which is yet to come", m.ID, p.Source.Read.Format(time.DateOnly))
			}
		}
	}
}

// TestThePricesThatShip are those of the providers, at the edges of their tiers and days.
func TestThePricesThatShip(t *testing.T) {
	t.Parallel()
	text := func(in, cached, write, out int64) catalog.Consumed {
		return catalog.Consumed{Input: in, CachedInput: cached, CacheWrite: write, Output: out}
	}
	const million = 1_000_000
	for name, tt := range map[string]struct {
		model, date string
		used        catalog.Consumed
		want        int64
	}{
		"the default, input and output":      {"gpt-6-luna", "2026-11-30", text(200_000, 0, 0, million), 520_000},
		"the default, cached and kept":       {"gpt-6-luna", "2026-11-30", text(200_000, 100_000, 100_000, 0), 13_500},
		"at the edge of a long call":         {"gpt-6.1-sol", "2026-11-30", text(272_000, 0, 0, 0), 544_000},
		"beyond it":                          {"gpt-6.1-sol", "2026-11-30", text(272_001, 0, 0, million), 16_088_004},
		"the dearest":                        {"gpt-6-astra", "2026-11-30", text(1000, 0, 0, 1000), 60_000},
		"Google's long call":                 {"gemini-3.1-pro-preview", "2026-11-30", text(200_001, 0, 0, 1000), 818_004},
		"the last day of a launch price":     {"gemini-3.8-flash", "2026-12-31", text(million, 0, 0, million), 4_500_000},
		"the day after":                      {"gemini-3.8-flash", "2027-01-01", text(million, 0, 0, million), 9_000_000},
		"cached input without a price of it": {"gemini-3.8-flash", "2027-01-01", text(million, million, 0, 0), 1_500_000},
		"another launch price":               {"gemini-4-argon", "2026-11-30", text(million, 0, 0, 0), 2_000_000},
		"which ends the next day":            {"gemini-4-argon", "2026-12-01", text(million, 0, 0, 0), 4_000_000},
		"an image by its tokens": {"gpt-image-2.6-flare", "2026-11-30",
			catalog.Consumed{Images: 1, Size: "1024x1024", Quality: catalog.QualityHD, Input: 1000, Output: 2000, ImageOutput: 2000}, 65_000},
		"an image from an image": {"gpt-image-2", "2026-11-30",
			catalog.Consumed{Images: 1, Size: "1024x1024", Quality: catalog.QualityHD, Input: 1000, ImageInput: 500, Output: 2000, ImageOutput: 2000}, 66_500},
		"an image with thoughts": {"gemini-nano-banana-2.1", "2026-11-30",
			catalog.Consumed{Images: 1, Size: "1024x1024", Quality: catalog.QualityStandard, Output: 1320, ImageOutput: 1120}, 35_100},
		"a film":             {"veo-3.1-generate-preview", "2026-11-30", catalog.Consumed{VideoMs: 8000, Resolution: "1080p"}, 3_200_000},
		"a film in 4K":       {"veo-3.1-generate-preview", "2026-11-30", catalog.Consumed{VideoMs: 8000, Resolution: "4K"}, 4_800_000},
		"a quick film":       {"veo-3.1-fast-generate-preview", "2026-11-30", catalog.Consumed{VideoMs: 4000, Resolution: "720p"}, 400_000},
		"a quick film in 4K": {"veo-3.1-fast-generate-preview", "2026-11-30", catalog.Consumed{VideoMs: 8000, Resolution: "4K"}, 2_400_000},
	} {
		m, _ := load(t, catalog.Settings{Now: day("2026-11-30")}).Get(tt.model)
		if got, ok := m.CostOf(tt.used, day(tt.date)()); !ok || got != tt.want {
			t.Errorf("%s: %s costs %d %t, want %d", name, tt.model, got, ok, tt.want)
		}
	}
}

// TestWhatTheShippedModelsTake names what is not alike for all of a kind.
func TestWhatTheShippedModelsTake(t *testing.T) {
	t.Parallel()
	c := load(t, catalog.Settings{Now: day("2026-11-30")})
	for id, want := range map[string][2]int{
		"gpt-6-luna": {1_050_000, 922_000}, "gpt-6.1-sol": {1_050_000, 922_000}, "gpt-6-astra": {1_050_000, 922_000},
		"gpt-5.4-mini": {400_000, 272_000}, "gemini-3.8-flash": {1_048_576, 0},
	} {
		if m, _ := c.Get(id); m.Text.ContextTokens != want[0] || (m.Text.InputTokens == nil) != (want[1] == 0) || want[1] != 0 && *m.Text.InputTokens != want[1] {
			t.Errorf("%s takes %+v, want %d tokens, %d of them in", id, m.Text, want[0], want[1])
		}
	}
	m, _ := c.Get("veo-3.1-generate-preview")
	want := []catalog.VideoOnly{{Resolution: "720p", Seconds: []int{8, 4, 6}}, {Resolution: "1080p", Seconds: []int{8}}, {Resolution: "4K", Seconds: []int{8}}}
	if diff := cmp.Diff(want, m.Video.SecondsByResolution()); diff != "" {
		t.Errorf("the lengths of a film (-want +got):\n%s", diff)
	}
}

// TestAModelIsRetiredOnItsShutdownDay without a reload.
func TestAModelIsRetiredOnItsShutdownDay(t *testing.T) {
	t.Parallel()
	now := day("2027-01-13")()
	c := load(t, catalog.Settings{Configured: all, Provider: "openai", TextModels: map[string]string{"openai": "gpt-4o-mini"}, Now: func() time.Time { return now }})
	if got := c.Default().ID; got != "gpt-4o-mini" {
		t.Fatalf("the day before: %s", got)
	}
	now = now.Add(24 * time.Hour)
	if m, _ := c.Get("gpt-4o-mini"); m.State != catalog.Retired || c.Default().ID != "gpt-6-luna" {
		t.Errorf("on its day it is %s, and the default %s", m.State, c.Default().ID)
	}
}

// TestObstacle verifies why a user cannot use a model.
func TestObstacle(t *testing.T) {
	t.Parallel()
	billed := load(t, catalog.Settings{Configured: all, Billing: true, Now: day("2026-11-23")})
	open := load(t, catalog.Settings{Now: day("2026-11-23")})
	free, paid := catalog.Viewer{SignedIn: true, Plan: catalog.Free}, catalog.Viewer{SignedIn: true, Plan: catalog.Standard}
	for _, tt := range []struct {
		c    *catalog.Catalog
		id   string
		who  catalog.Viewer
		want catalog.Obstacle
	}{
		{billed, "gpt-6-luna", free, ""}, {billed, "gpt-6-sol", free, catalog.MembershipRequired}, {billed, "gpt-6-sol", paid, ""},
		{billed, "gpt-6-luna", catalog.Viewer{}, catalog.SignInRequired}, {billed, "sora-2", catalog.Viewer{}, catalog.SignInRequired},
		{open, "gpt-6-luna", catalog.Viewer{}, catalog.SignInRequired}, {billed, "sora-2", paid, catalog.IsRetired},
		{open, "gpt-6-luna", paid, catalog.ProviderNotConfigured}, {open, "sandbox-writer", free, ""},
	} {
		m, _ := tt.c.Get(tt.id)
		if got := tt.c.Obstacle(m, tt.who); got != tt.want {
			t.Errorf("%s for %+v: %q, want %q", tt.id, tt.who, got, tt.want)
		}
	}
	if _, err := open.Usable(catalog.Text, "gpt-6-luna"); !reasonIs(err, errs.InvalidValue) {
		t.Errorf("a model without a key: %v", err)
	}
}

func TestModelsIsACopy(t *testing.T) {
	t.Parallel()
	c := load(t, catalog.Settings{})
	c.Models()[0].Name.EN = "changed"
	if got := c.Models()[0].Name.EN; got == "changed" {
		t.Error("a caller changed the catalogue")
	}
}

func TestSettingsCapEveryModel(t *testing.T) {
	t.Parallel()
	c := load(t, catalog.Settings{MaxTextChars: 100, MaxOutputTokens: 50})
	for _, m := range c.Models() {
		tokens := 50
		if m.Kind != catalog.Text {
			tokens = 0
		}
		if m.MaxInputChars != 100 || m.MaxOutputTokens != tokens {
			t.Errorf("%s takes %d characters and gives %d tokens, want 100 and %d", m.ID, m.MaxInputChars, m.MaxOutputTokens, tokens)
		}
	}
	wide := load(t, catalog.Settings{MaxTextChars: 1 << 20, MaxOutputTokens: 1 << 20})
	if diff := cmp.Diff(load(t, catalog.Settings{}).Models(), wide.Models()); diff != "" {
		t.Errorf("a wide cap changed models:\n%s", diff)
	}
}

func TestUsable(t *testing.T) {
	t.Parallel()
	c := load(t, catalog.Settings{})
	if m, err := c.Usable(catalog.Text, "sandbox-brief"); err != nil || m.ID != "sandbox-brief" {
		t.Errorf("Usable = %v, %v", m, err)
	}
	for _, id := range []string{"", "gpt-9", "SANDBOX-WRITER"} {
		if _, err := c.Usable(catalog.Text, id); errs.CodeOf(err) != errs.ModelNotAllowed {
			t.Errorf("Usable(%q) = %v, want MODEL_NOT_ALLOWED", id, err)
		}
	}
	if _, err := c.Usable(catalog.Text, "sandbox-painter"); !reasonIs(err, errs.InvalidValue) {
		t.Errorf("a painter asked for text: %v, want INVALID_VALUE", err)
	}
	_, err := c.Usable(catalog.Text, "sandbox-classic")
	faults, _ := errs.InputOf(err)
	want := errs.InputErrors{{
		Reason: errs.ModelRetired, Path: []string{"input", "modelId"},
		Message: "The model sandbox-classic is no longer offered. Use sandbox-writer.",
	}}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("a retired model (-want +got):\n%s", diff)
	}
	if _, ok := c.Get("sandbox-classic"); !ok {
		t.Error("a retired model cannot be seen any more")
	}
}

func reasonIs(err error, want errs.Reason) bool {
	faults, ok := errs.InputOf(err)
	return ok && faults[0].Reason == want
}

func TestDefaultOfAKind(t *testing.T) {
	t.Parallel()
	c := load(t, catalog.Settings{Default: "sandbox-brief"})
	for kind, want := range map[catalog.Kind]string{catalog.Text: "sandbox-brief", catalog.Image: "sandbox-painter", catalog.Video: "sandbox-filmer"} {
		if m, err := c.DefaultOf(kind); err != nil || m.ID != want {
			t.Errorf("%s: got %s, %v, want %s", kind, m.ID, err, want)
		}
	}
	if _, err := c.DefaultOf("MUSIC"); errs.CodeOf(err) != errs.ModelNotAllowed {
		t.Errorf("a kind that nothing makes: got %v, want MODEL_NOT_ALLOWED", err)
	}
}

func TestLoadRefusesAnUnusableDefault(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"gpt-9", "sandbox-painter", "gpt-6-luna"} {
		if _, err := catalog.Load(catalog.Settings{Default: id}); err == nil {
			t.Errorf("Load with the default %s succeeded", id)
		}
	}
}
