package app

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/catalog"
)

const (
	// reloadEvery is how often the catalogue's file is looked at.
	reloadEvery = 10 * time.Second
	// modelCheckHour is when the providers' lists are looked at each day, in the zone of the clean-up.
	modelCheckHour = 3
	// scrapePatience is how long a scrape waits for the database.
	scrapePatience = 2 * time.Second
)

// loadCatalog reads the models under the settings.
func (a *App) loadCatalog() (err error) {
	a.catalog, err = catalog.Load(a.cfg.catalog())
	return err
}

// catalog are the settings of the catalogue.
func (c Config) catalog() catalog.Settings {
	return catalog.Settings{
		MaxTextChars: c.MaxTextChars, MaxOutputTokens: c.MaxOutputTokens, Default: c.DefaultModel, File: c.CatalogFile,
		Provider:   c.AIProviderDefault,
		TextModels: map[string]string{"openai": c.OpenAITextModel, "google": c.GeminiTextModel},
		Providers:  c.providerNames(),
		Configured: c.configured,
		Billing:    c.Billing,
	}
}

// checkCatalog refuses a catalogue with faults, and default models that it does not have.
func (c Config) checkCatalog() error {
	settings := c.catalog()
	settings.Default = "" // Its fault is reported under the name of its setting.
	models, err := catalog.Load(settings)
	if err != nil {
		return err
	}
	for _, named := range []struct{ setting, id, shipped, provider string }{
		{"DEFAULT_MODEL", c.DefaultModel, "", ""},
		{"OPENAI_TEXT_MODEL", c.OpenAITextModel, defaultOf("OPENAI_TEXT_MODEL"), "openai"},
		{"GEMINI_TEXT_MODEL", c.GeminiTextModel, defaultOf("GEMINI_TEXT_MODEL"), "google"},
	} {
		if named.id == "" || named.id == named.shipped { // Not set.
			continue
		}
		m := current(models, named.id)
		switch {
		case m.Kind != catalog.Text || m.State == catalog.Retired || named.provider != "" && m.Provider != named.provider:
			of := strings.TrimSpace("the catalogue " + named.provider)
			return fmt.Errorf("%s=%s names no text model that %s has on offer: choose one of %s, or unset it", named.setting, named.id, of, choices(models, named.provider))
		case named.provider == "" && !models.Configured(m):
			return fmt.Errorf("%s=%s names a model of the provider %s, which is not set up: give its key, or choose one of %s", named.setting, named.id, m.Provider, choices(models, ""))
		}
	}
	return nil
}

// current is a model, or what takes its place once it is retired.
func current(models *catalog.Catalog, id string) catalog.Model {
	m, _ := models.Get(id)
	if m.State == catalog.Retired {
		if next, ok := models.Successor(id); ok {
			return next
		}
	}
	return m
}

// choices are the text models on offer, of a provider or of all that are set up, for a message.
func choices(models *catalog.Catalog, provider string) string {
	const most = 8
	var ids []string
	for _, m := range models.Models() {
		if m.Kind == catalog.Text && len(ids) < most && (m.Provider == provider || provider == "" && models.Configured(m)) {
			ids = append(ids, m.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// providerNames are what models may have as their provider: what the settings name, and what ships, with or without a key.
func (c Config) providerNames() []string {
	names := []string{sandboxai.Name, "openai", "google"}
	for _, p := range c.Providers {
		if !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// watchCatalog reads the catalogue's file again when it changes, and on SIGHUP, until ctx ends.
func (a *App) watchCatalog(ctx context.Context) {
	if a.cfg.CatalogFile == "" {
		return
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-hangups:
		}
		a.reloadCatalog(ctx)
	}
}

func (a *App) reloadCatalog(ctx context.Context) {
	changed, err := a.catalog.Reload()
	switch {
	case err != nil:
		a.meter.CatalogRefused()
		a.log.ErrorContext(ctx, "the catalogue's file is refused; the last good one stays", "error", err)
	case changed:
		a.log.InfoContext(ctx, "the catalogue was read again")
	}
}

// modelWarnings are for a scrape: the code of each model with a warning.
func (a *App) modelWarnings() map[string]string {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience) // A scrape has none of its own.
	defer cancel()
	warnings, err := a.models.Warnings(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "model warnings cannot be read", "error", err)
		return nil
	}
	codes := make(map[string]string, len(warnings))
	for _, w := range warnings {
		codes[w.Model.ID] = string(w.Code)
	}
	return codes
}
