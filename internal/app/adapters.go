package app

import (
	"context"
	"fmt"
	"maps"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/server"
)

// vendor is the adapter of one configured provider.
type vendor interface {
	ai.TextStreamer
	ai.ImageMaker
	ai.VideoMaker
	ai.ModelLister
}

// dialer makes the adapter of a provider. It asks nobody.
type dialer func(ctx context.Context, p Provider) (vendor, error)

// openProviders makes the sandbox, and behind a breaker each what is configured. One breaker stands before all
// that a provider makes. The sandbox has none: who chooses its faults would choose them for everybody.
func (a *App) openProviders(ctx context.Context, dial dialer) error {
	sandbox := sandboxai.New(sandboxai.Cadence(a.cfg.SandboxPace), sandboxai.Journal(a.journal.write))
	a.providers = ai.Providers{
		Text:  map[string]ai.TextStreamer{sandboxai.Name: sandbox},
		Image: map[string]ai.ImageMaker{sandboxai.Name: sandbox},
		Video: map[string]ai.VideoMaker{sandboxai.Name: sandbox},
	}
	a.listers, a.breakers = map[string]ai.ModelLister{}, map[string]*ai.Breaker{}
	for _, p := range a.cfg.Providers {
		v, err := dial(ctx, p)
		if err != nil {
			return fmt.Errorf("the provider %s cannot be set up: %w", p.Name, err)
		}
		b := a.breaker(p.Name)
		a.providers.Text[p.Name], a.providers.Image[p.Name], a.providers.Video[p.Name] = b.Text(v), b.Image(v), b.Video(v)
		a.listers[p.Name], a.breakers[p.Name] = v, b
	}
	a.meter.WatchBreakers(a.breakerStates)
	return nil
}

// breaker counts failures, and logs when calls are held back: a worker has no other place to show it.
func (a *App) breaker(provider string) *ai.Breaker {
	return ai.NewBreaker(provider, ai.BreakerPolicy{
		OnFailure: func(k ai.Kind) { a.meter.ProviderFailed(provider, string(k)) },
		OnMove: func(s ai.BreakerState) {
			if s.Position == ai.BreakerClosed {
				a.log.Info("a provider answers again", "provider", provider)
				return
			}
			a.log.Warn("calls to a provider are held back", "provider", provider, "kind", string(s.LastKind))
		},
	})
}

// texts are the writers of all providers, whose calls are repeated by that policy. The breakers
// are inside: they see each attempt.
func (a *App) texts(p ai.RetryPolicy) map[string]ai.TextStreamer {
	all := maps.Clone(a.providers.Text)
	for name, s := range all {
		all[name] = ai.Retrying(s, p)
	}
	return all
}

// images and videos are the makers of all providers, whose silence is bounded. The breakers are inside here too.
func (a *App) images() map[string]ai.ImageMaker {
	all := maps.Clone(a.providers.Image)
	for name, m := range all {
		all[name] = ai.MediaTimeouts{}.Images(m)
	}
	return all
}

func (a *App) videos() map[string]ai.VideoMaker {
	all := maps.Clone(a.providers.Video)
	for name, m := range all {
		all[name] = ai.MediaTimeouts{}.Videos(m)
	}
	return all
}

// configured says whether a provider of the catalogue can be asked.
func (a *App) configured(provider string) bool { return a.cfg.configured(provider) }

// providerStates are for the health check.
func (a *App) providerStates() map[string]server.ProviderState {
	states := map[string]server.ProviderState{sandboxai.Name: {Kind: sandboxai.Name}}
	for _, p := range a.cfg.Providers {
		s := a.breakers[p.Name].State()
		states[p.Name] = server.ProviderState{
			Kind: p.Adapter, Breaker: string(s.Position), Since: s.Since, LastFailure: string(s.LastKind),
		}
	}
	return states
}

// breakerStates are for a scrape.
func (a *App) breakerStates() map[string]float64 {
	states := make(map[string]float64, len(a.breakers))
	for name, b := range a.breakers {
		states[name] = map[ai.BreakerPosition]float64{
			ai.BreakerClosed: metrics.BreakerClosed, ai.BreakerHalfOpen: metrics.BreakerHalfOpen, ai.BreakerOpen: metrics.BreakerOpen,
		}[b.State().Position]
	}
	return states
}
