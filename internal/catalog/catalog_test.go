package catalog_test

import (
	"reflect"
	"testing"

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

func ids(models []catalog.Model) []string {
	var out []string
	for _, m := range models {
		out = append(out, m.ID)
	}
	return out
}

func TestModelsBeginWithTheDefault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, setting string
		want          []string
	}{
		{"as shipped", "", []string{"sandbox-writer", "sandbox-brief", "sandbox-painter", "sandbox-filmer"}},
		{"as set", "sandbox-brief", []string{"sandbox-brief", "sandbox-writer", "sandbox-painter", "sandbox-filmer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := load(t, catalog.Settings{Default: tt.setting})
			if diff := cmp.Diff(tt.want, ids(c.Models())); diff != "" {
				t.Errorf("models (-want +got):\n%s", diff)
			}
			if got := c.Default().ID; got != tt.want[0] {
				t.Errorf("Default = %s, want %s", got, tt.want[0])
			}
			first := map[string]bool{tt.want[0]: true, "sandbox-painter": true, "sandbox-filmer": true}
			for _, m := range c.Models() {
				if got, _ := c.Get(m.ID); !reflect.DeepEqual(got, m) || m.IsDefault != first[m.ID] {
					t.Errorf("%s: IsDefault = %t, Get = %+v", m.ID, m.IsDefault, got)
				}
			}
		})
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

func TestLoadRefusesADefaultThatIsNotOnOffer(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"gpt-9", "sandbox-classic"} {
		if _, err := catalog.Load(catalog.Settings{Default: id}); err == nil {
			t.Errorf("Load with the default %s succeeded", id)
		}
	}
}
