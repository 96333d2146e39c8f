package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/metrics"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.ProviderFailed("local", "overloaded")
	m.ProviderFailed("local", "overloaded")
	state := map[string]float64{"openai": metrics.BreakerClosed, "local": metrics.BreakerOpen}
	m.WatchBreakers(func() map[string]float64 { return state })
	want := func(lines ...string) {
		t.Helper()
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		for _, line := range lines {
			if !strings.Contains(w.Body.String(), line+"\n") {
				t.Errorf("the scrape lacks %s", line)
			}
		}
	}
	want(`weav_provider_failures_total{kind="overloaded",provider="local"} 2`,
		`weav_provider_breaker_state{provider="local"} 2`, `weav_provider_breaker_state{provider="openai"} 0`)
	state["local"] = metrics.BreakerHalfOpen
	want(`weav_provider_breaker_state{provider="local"} 1`)
}
