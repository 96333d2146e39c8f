package catalog_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// day is when the shipped catalogue is looked at.
func day(date string) func() time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // Tests write it down.
	}
	return func() time.Time { return t }
}

func all(string) bool { return true }

// TestModelsBeginWithTheDefault says who stands first, and which model of each kind is the default.
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
			catalog.Settings{Configured: all, Provider: "google", TextModels: openai}, "gemini-3.5-flash-lite", map[catalog.Kind]string{catalog.Image: "gemini-3.1-flash-image"}},
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

// TestTheShippedCatalogueIsTrue says on which days which models can be asked, and what takes their place.
func TestTheShippedCatalogueIsTrue(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]map[string]string{
		"2026-11-23": {
			"gpt-4o-mini": "DEPRECATED gpt-6-luna", "dall-e-3": "RETIRED gpt-image-2.6-flare", "sora-2": "RETIRED veo-3.1-generate-preview",
			"gemini-1.5-flash": "RETIRED gemini-3.5-flash-lite", "gemini-1.5-pro": "RETIRED gemini-3.8-flash", "gemini-3-pro": "RETIRED gemini-3.1-pro-preview",
			"gpt-image-1.5": "DEPRECATED gpt-image-2.6-flare", "gemini-2.5-flash-image": "DEPRECATED gemini-3.1-flash-image", "veo": "RETIRED veo-3.1-generate-preview",
			"gpt-5-mini": "RETIRED gpt-5.4-mini", "gpt-6-luna": "ACTIVE ",
		},
		"2026-12-01": {"gpt-image-1.5": "RETIRED gpt-image-2.6-flare", "gpt-4o-mini": "DEPRECATED gpt-6-luna"},
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

// TestAModelEndsOnItsDay without anybody doing anything.
func TestAModelEndsOnItsDay(t *testing.T) {
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

// TestObstacle says why somebody cannot use a model.
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

func TestLoadRefusesADefaultThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"gpt-9", "sandbox-painter", "gpt-6-luna"} {
		if _, err := catalog.Load(catalog.Settings{Default: id}); err == nil {
			t.Errorf("Load with the default %s succeeded", id)
		}
	}
}
