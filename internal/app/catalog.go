package app

import (
	"context"
	"os"
	"os/signal"
	"slices"
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
	a.catalog, err = catalog.Load(catalog.Settings{
		MaxTextChars: a.cfg.MaxTextChars, MaxOutputTokens: a.cfg.MaxOutputTokens, Default: a.cfg.DefaultModel, File: a.cfg.CatalogFile,
		Provider:   a.cfg.AIProviderDefault,
		TextModels: map[string]string{"openai": a.cfg.OpenAITextModel, "google": a.cfg.GeminiTextModel},
		Providers:  a.cfg.providerNames(),
		Configured: a.configured,
		Billing:    a.cfg.Billing,
	})
	return err
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
