package app

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/server"
)

// scripted is an adapter of which only its texts are asked; they all end with err.
type scripted struct {
	vendor

	err   *ai.Error
	calls int
}

func (s *scripted) StreamText(context.Context, ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		s.calls++
		if s.err != nil {
			yield(ai.TextEvent{}, s.err)
			return
		}
		yield(ai.TextEvent{Final: &ai.TextResult{}}, nil)
	}
}

// wired is an App with its providers and nothing else.
func wired(t *testing.T, log *bytes.Buffer, dial dialer, providers ...Provider) (*App, error) {
	t.Helper()
	a := &App{cfg: Config{Providers: providers}, meter: metrics.New(), log: slog.New(slog.NewTextHandler(log, nil))}
	err := a.openProviders(t.Context(), dial)
	return a, err
}

// end is what a text ends with.
func end(t *testing.T, s ai.TextStreamer) (last error) {
	t.Helper()
	for _, err := range s.StreamText(t.Context(), ai.TextRequest{}) {
		last = err
	}
	return last
}

func TestProvidersAreWiredBehindBreakers(t *testing.T) {
	t.Parallel()
	ill, well := &scripted{err: &ai.Error{Kind: ai.Auth}}, &scripted{}
	var log bytes.Buffer
	a, err := wired(t, &log, func(_ context.Context, p Provider) (vendor, error) {
		return map[string]vendor{"ill": ill, "well": well}[p.Name], nil
	}, Provider{Name: "ill", Adapter: AdapterOpenAI, Key: NewSecret("sk-hidden")}, Provider{Name: "well", Adapter: AdapterGoogle})
	if err != nil {
		t.Fatal(err)
	}
	texts := a.texts(ai.RetryPolicy{Max: -1})
	for range 5 {
		_ = end(t, texts["ill"])
	}
	if err := end(t, texts["ill"]); !errors.Is(err, ai.ErrBreakerOpen) || ill.calls != 5 {
		t.Errorf("after 5 failures: %v, and %d calls", err, ill.calls)
	}
	if err := end(t, texts["well"]); err != nil {
		t.Errorf("its neighbour: %v", err)
	}
	for _, err := range a.providers.Image["ill"].MakeImage(t.Context(), ai.ImageRequest{}) {
		if !errors.Is(err, ai.ErrBreakerOpen) {
			t.Errorf("its pictures are not held back: %v", err)
		}
	}
	wantStates(t, a)
	if !strings.Contains(log.String(), "held back") || !strings.Contains(log.String(), "kind=auth") || strings.Contains(log.String(), "sk-hidden") {
		t.Errorf("the log says %s", &log)
	}
}

// wantStates says that ill is open, well closed and the sandbox without a breaker, to health and to metrics.
func wantStates(t *testing.T, a *App) {
	t.Helper()
	got := a.providerStates()
	if got["ill"].Since.IsZero() {
		t.Error("an open breaker does not tell since when")
	}
	for name, want := range map[string]server.ProviderState{
		"ill": {Kind: "openai", Breaker: "open", Since: got["ill"].Since, LastFailure: "auth"}, "well": {Kind: "google", Breaker: "closed"}, "sandbox": {Kind: "sandbox"},
	} {
		if got[name] != want {
			t.Errorf("%s is %+v, want %+v", name, got[name], want)
		}
		if !a.configured(name) {
			t.Errorf("%s is not configured", name)
		}
	}
	if a.configured("openai") || len(a.listers) != 2 {
		t.Errorf("what is not configured is, or the listers are %d", len(a.listers))
	}
	w := httptest.NewRecorder()
	a.meter.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	for _, line := range []string{
		`weav_provider_breaker_state{provider="ill"} 2`, `weav_provider_breaker_state{provider="well"} 0`, `weav_provider_failures_total{kind="auth",provider="ill"} 5`,
	} {
		if !slices.Contains(strings.Split(w.Body.String(), "\n"), line) {
			t.Errorf("the scrape lacks %s", line)
		}
	}
}

func TestProviderThatCannotBeSetUp(t *testing.T) {
	t.Parallel()
	fault := errors.New("its client cannot be made")
	_, err := wired(t, &bytes.Buffer{}, func(context.Context, Provider) (vendor, error) { return nil, fault }, Provider{Name: "local"})
	if !errors.Is(err, fault) || !strings.Contains(err.Error(), "local") {
		t.Errorf("got %v", err)
	}
}
