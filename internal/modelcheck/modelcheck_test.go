package modelcheck_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/modelcheck"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// list is a provider's list, or its failure to answer.
type list struct {
	models []ai.ListedModel
	err    error
}

func (l *list) ListModels(context.Context) ([]ai.ListedModel, error) { return l.models, l.err }

// inDays is a day from now on, as catalogues write it.
func inDays(n int) string { return time.Now().AddDate(0, 0, n).UTC().Format(time.DateOnly) }

// models is a catalogue of models at "shop", two of which end, of one at "mill", which has no list, and of
// one whose provider is not configured.
func models(t *testing.T) *catalog.Catalog {
	t.Helper()
	var file strings.Builder
	file.WriteString("models:\n")
	for _, m := range []struct{ id, provider, state string }{
		{"steady", "shop", "state: ACTIVE"},
		{"soon", "shop", "state: DEPRECATED, successor: steady, shutdown: " + inDays(29)},
		{"later", "shop", "state: DEPRECATED, successor: steady, shutdown: " + inDays(40)},
		{"retired", "shop", "state: RETIRED, successor: steady"},
		{"grain", "mill", "state: ACTIVE"},
		{"foreign", "nobody", "state: DEPRECATED, successor: steady, shutdown: " + inDays(2)},
	} {
		fmt.Fprintf(&file, "  - {id: %s, provider: %s, providerModel: %s-1, kind: TEXT, name: {en: A, ko: 가}, description: {en: d, ko: 라}, plan: FREE, "+
			"maxInputChars: 9, maxOutputTokens: 5, text: {contextTokens: 90, defaultOutputTokens: 5}, price: unknown, %s}\n", m.id, m.provider, m.id, m.state)
	}
	path := filepath.Join(t.TempDir(), "models.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(catalog.Settings{File: path, Configured: func(provider string) bool { return provider != "nobody" }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCheck verifies the warnings after each answer of a provider.
func TestCheck(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		c, shop := models(t), &list{}
		var logged strings.Builder
		checks := modelcheck.New(st, c, map[string]ai.ModelLister{"shop": shop}, slog.New(slog.NewTextHandler(&logged, nil)))
		all := []ai.ListedModel{{ID: "steady-1"}, {ID: "soon-1"}, {ID: "later-1"}, {ID: "other"}}
		for _, step := range []struct {
			name string
			list list
			want map[string]string
		}{
			{"by the catalogue alone", list{err: errors.New("down")}, map[string]string{"soon": "ENDING unasked"}},
			{"all are listed", list{models: all}, map[string]string{"soon": "ENDING unasked"}},
			{"two are gone", list{models: all[1:2]}, map[string]string{"soon": "ENDING unasked", "steady": "GONE asked", "later": "GONE asked"}},
			{"no answer keeps what is known", list{err: errors.New("down")}, map[string]string{"soon": "ENDING unasked", "steady": "GONE asked", "later": "GONE asked"}},
			{"so does an empty one", list{}, map[string]string{"soon": "ENDING unasked", "steady": "GONE asked", "later": "GONE asked"}},
			{"the list has days", list{models: []ai.ListedModel{
				{ID: "steady-1", ShutdownAt: time.Now().AddDate(0, 0, 3)}, {ID: "soon-1"}, {ID: "later-1", ShutdownAt: time.Now().AddDate(0, 0, 31)},
			}}, map[string]string{"soon": "ENDING unasked", "steady": "ENDING asked"}},
			{"and takes them back", list{models: all}, map[string]string{"soon": "ENDING unasked"}},
		} {
			*shop = step.list
			if err := checks.Check(t.Context()); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if diff := cmp.Diff(step.want, warningsByModel(t, checks)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
		for _, want := range []string{"model=steady code=GONE", "model=soon code=ENDING", "a provider does not list its models", "a provider lists no models"} {
			if !strings.Contains(logged.String(), want) {
				t.Errorf("the log lacks %q", want)
			}
		}
	})
}

// warningsByModel returns the warnings by model: the code, and whether the provider reported it.
func warningsByModel(t *testing.T, checks *modelcheck.Service) map[string]string {
	t.Helper()
	warnings, err := checks.Warnings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, w := range warnings {
		source := "unasked"
		if w.CheckedAt != nil {
			source = "asked"
		}
		out[w.Model.ID] = string(w.Code) + " " + source
		if w.Code == modelcheck.Ending && w.ShutdownAt == nil {
			t.Errorf("%s ends, and nobody says when", w.Model.ID)
		}
		if next, ok := map[string]string{"soon": "people will be sent to steady", "steady": "name a successor"}[w.Model.ID]; ok && !strings.Contains(w.Message, next) {
			t.Errorf("%s: the advice is %q", w.Model.ID, w.Message)
		}
	}
	return out
}
