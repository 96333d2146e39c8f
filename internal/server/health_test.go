package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/server"
)

// ask answers path on a server of that health.
func ask(t *testing.T, h *server.Health, path string, into any) int {
	t.Helper()
	none := http.NotFoundHandler()
	handler := server.Handler(server.Options{GraphQL: none, Playground: none, Metrics: none, Health: h, OnRequest: func(string, int) {}, Log: slog.New(slog.DiscardHandler)})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v in %q", path, err, w.Body)
	}
	return w.Code
}

func TestHealthOfProviders(t *testing.T) {
	t.Parallel()
	up := func(context.Context) error { return nil }
	down := func(context.Context) error { return errors.New("no answer") }
	cases := map[string]struct {
		breaker  string
		part     func(context.Context) error
		code     int
		status   string
		provider string
		original string
	}{
		"closed":               {"closed", up, http.StatusOK, "ok", "ok", "healthy"},
		"without a breaker":    {"", up, http.StatusOK, "ok", "ok", "healthy"},
		"open":                 {"open", up, http.StatusOK, "degraded", "degraded", "healthy"},
		"half open":            {"half_open", up, http.StatusOK, "degraded", "degraded", "healthy"},
		"open and a part down": {"open", down, http.StatusServiceUnavailable, "unhealthy", "degraded", "unhealthy"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			since := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
			h := &server.Health{
				Parts: []server.Part{{Name: "database", Kind: "sqlite", Check: c.part}},
				Providers: func() map[string]server.ProviderState {
					return map[string]server.ProviderState{"local": {Kind: "openai", Breaker: c.breaker, Since: since, LastFailure: "timeout"}}
				},
			}
			var got server.State
			if code := ask(t, h, "/readyz", &got); code != c.code || got.Status != c.status {
				t.Errorf("got %d %q, want %d %q", code, got.Status, c.code, c.status)
			}
			want := server.ProviderState{Status: c.provider, Kind: "openai", Breaker: c.breaker, Since: since, LastFailure: "timeout"}
			if got.Providers["local"] != want {
				t.Errorf("got %+v, want %+v", got.Providers["local"], want)
			}
			var first struct{ Status string }
			if code := ask(t, h, "/api/v1/health/", &first); code != c.code || first.Status != c.original {
				t.Errorf("the original's form: %d %q, want %d %q", code, first.Status, c.code, c.original)
			}
		})
	}
}

// TestHealthWithoutWhatCanBeDoneWithout checks a process that lost one part, or two.
func TestHealthWithoutWhatCanBeDoneWithout(t *testing.T) {
	t.Parallel()
	up := func(context.Context) error { return nil }
	down := func(context.Context) error { return errors.New("no answer") }
	cases := map[string]struct {
		database, redis func(context.Context) error
		code            int
		status, part    string
	}{
		"both answer":     {up, up, http.StatusOK, "ok", "ok"},
		"without Redis":   {up, down, http.StatusOK, "degraded", "degraded"},
		"without both":    {down, down, http.StatusServiceUnavailable, "unhealthy", "degraded"},
		"without the one": {down, up, http.StatusServiceUnavailable, "unhealthy", "ok"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &server.Health{Parts: []server.Part{
				{Name: "database", Kind: "postgres", Check: c.database}, {Name: "redis", Kind: "external", IsOptional: true, Check: c.redis},
			}}
			var s server.State
			if code := ask(t, h, "/readyz", &s); code != c.code || s.Status != c.status || s.Parts["redis"].Status != c.part {
				t.Errorf("answers %d, %s, redis %s; want %d, %s, %s", code, s.Status, s.Parts["redis"].Status, c.code, c.status, c.part)
			}
		})
	}
}
