package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/metrics"
)

// cataloged is an App with a catalogue of its own, which write replaces by one with a single model of a provider.
func cataloged(t *testing.T, log *bytes.Buffer) (a *App, write func(id, provider string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "models.yaml")
	write = func(id, provider string) {
		data := fmt.Sprintf("models:\n  - {id: %s, provider: %s, kind: TEXT, name: {en: A, ko: 가}, description: {en: d, ko: 라}, plan: FREE, state: ACTIVE, "+
			"maxInputChars: 9, maxOutputTokens: 5, text: {contextTokens: 90, defaultOutputTokens: 5}, price: unknown}\n", id, provider)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first", "sandbox")
	a = &App{cfg: Config{CatalogFile: path, Providers: []Provider{{Name: "local"}}}, meter: metrics.New(), log: slog.New(slog.NewTextHandler(log, nil))}
	if err := a.loadCatalog(); err != nil {
		t.Fatal(err)
	}
	return a, write
}

// TestABadCatalogueChangesNothing but the log and a metric, once for each file.
func TestABadCatalogueChangesNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a, write := cataloged(t, &log)
	for _, step := range []struct{ id, provider, first, logged string }{
		{"second", "local", "second", "was read again"},
		{"third", "opnai", "second", "models.yaml:2: third: `provider` is one of sandbox, openai, google, local, not"},
		{"third", "opnai", "second", ""},
		{"third", "sandbox", "third", "was read again"},
	} {
		log.Reset()
		write(step.id, step.provider)
		a.reloadCatalog(t.Context())
		if got := a.catalog.Default().ID; got != step.first {
			t.Errorf("with %s of %s: %s comes first", step.id, step.provider, got)
		}
		if got := log.String(); !strings.Contains(got, step.logged) || step.logged == "" && got != "" {
			t.Errorf("with %s of %s: logged %q", step.id, step.provider, got)
		}
	}
	page := httptest.NewRecorder()
	a.meter.Handler().ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if !strings.Contains(page.Body.String(), "weav_catalog_refused_total 1\n") {
		t.Error("the metric does not count one refused file")
	}
}

// TestSIGHUPReadsTheCatalogueAgain without waiting for the next look.
func TestSIGHUPReadsTheCatalogueAgain(t *testing.T) {
	t.Parallel()
	caught := make(chan os.Signal, 1) // Until the App listens, too, the signal must not end the test.
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	var log bytes.Buffer
	a, write := cataloged(t, &log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.watchCatalog(ctx)
	}()
	defer func() { cancel(); <-done }()
	write("second", "sandbox")
	patience, again := time.After(reloadEvery/2), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for a.catalog.Default().ID != "second" {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		select {
		case <-again.C:
		case <-patience:
			t.Fatal("the file was not read again")
		}
	}
}

func TestProviderNamesOfTheCatalogue(t *testing.T) {
	t.Parallel()
	got := Config{Providers: []Provider{{Name: "openai"}, {Name: "local"}}}.providerNames()
	if want := []string{"sandbox", "openai", "google", "local"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
