package geminiai_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// TestListModels reads a list of several pages, one of them empty.
func TestListModels(t *testing.T) {
	t.Parallel()
	pages := map[string]object{
		"":    {"models": []object{{"name": "models/a"}, {"name": "models/b"}}, "nextPageToken": "p&2"},
		"p&2": {"nextPageToken": "p3"},
		"p3":  {"models": []object{{"name": "tunedModels/c"}}},
	}
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, 200, pages[r.URL.Query().Get("pageToken")])
	})
	got, err := v.ListModels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []ai.ListedModel{{ID: "a"}, {ID: "b"}, {ID: "tunedModels/c"}}; !slices.Equal(got, want) {
		t.Errorf("models = %+v, want %+v", got, want)
	}
	for _, req := range v.requests() {
		query, err := url.ParseQuery(req.query)
		if err != nil || req.path != "/v1beta/models" || query.Get("pageSize") != "1000" || req.header.Get("X-Goog-Api-Key") != apiKey {
			t.Errorf("asked for %s?%s", req.path, req.query)
		}
	}
}

// TestListModelsFails fails at the first page, at a later one, and at none.
func TestListModelsFails(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("pageToken"))
		if err != nil {
			n = 0
		}
		answerJSON(w, 200, object{"models": []object{{"name": "m"}}, "nextPageToken": strconv.Itoa(n + 1)})
	}
	tests := map[string]struct {
		serve http.HandlerFunc
		kind  ai.Kind
	}{
		"bad key":  {func(w http.ResponseWriter, _ *http.Request) { refusals[ai.Auth].send(w) }, ai.Auth},
		"overload": {func(w http.ResponseWriter, _ *http.Request) { refusals[ai.Overloaded].send(w) }, ai.Overloaded},
		"HTML":     {sendAs("text/html", []byte("<html>secret")), ai.Upstream},
		"empty":    {sendAs("application/json", nil), ai.Upstream},
		"cut":      {func(w http.ResponseWriter, _ *http.Request) { sendCut(w, `{"models":[]`, true) }, ai.Interrupted},
		"later page": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("pageToken") != "" {
				refusals[ai.Upstream].send(w)
				return
			}
			endless(w, r)
		}, ai.Upstream},
		"endless": {endless, ai.Upstream},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newVendor(t, tt.serve).ListModels(t.Context())
			if e := asError(t, err); e.Kind != tt.kind || got != nil {
				t.Errorf("%d models, %v; want %s", len(got), e, tt.kind)
			}
		})
	}
}
