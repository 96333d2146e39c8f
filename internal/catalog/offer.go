package catalog

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/internal/errs"
)

// Settings are the operator's settings for all models.
type Settings struct {
	// MaxTextChars and MaxOutputTokens cap every model; 0 is no cap.
	MaxTextChars, MaxOutputTokens int
	// Default is the id of the default model; a retired one stands for its successor. Empty: chosen by
	// Provider.
	Default string
	// Provider is the provider whose models come first. TextModels are the default text models of providers;
	// a retired one stands for its successor, so that an old setting stays valid.
	Provider   string
	TextModels map[string]string
	// Providers are the allowed names of providers, configured or not; nil for any.
	Providers []string
	// Configured reports whether a provider can be called; nil: only the sandbox.
	Configured func(provider string) bool
	// Billing enforces plans. Without it every user may use every model.
	Billing bool
	// File is a catalogue that replaces the shipped one; empty for none.
	File string
	// Now is the clock; nil for the real one.
	Now func() time.Time
}

// Sandbox is the provider that is always configured.
const Sandbox = "sandbox"

// configured reports whether a provider can be called.
func (s Settings) configured(provider string) bool {
	return provider == Sandbox || s.Configured != nil && s.Configured(provider)
}

// now is the time of the settings' clock.
func (s Settings) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Catalog is the set of models. It changes with its file and on the days on which models end. Each answer
// describes one moment. It is safe for concurrent use.
type Catalog struct {
	settings Settings
	current  atomic.Pointer[edition]
	digest   atomic.Pointer[string] // of the file that was read last
}

// edition is the catalogue between two changes. It is immutable, so readers need no lock.
type edition struct {
	source []Model // in the order of the file
	models []Model // those on offer, in order
	byID   map[string]Model
	until  time.Time // when the next model ends; zero for never
}

// now returns the present edition, and computes the next one when a model has ended. That happens at the
// first read after the day, so no timer is needed.
func (c *Catalog) now() *edition {
	e, now := c.current.Load(), c.settings.now()
	if e.until.IsZero() || now.Before(e.until) {
		return e
	}
	next, err := c.settings.edition(e.source, now)
	if err != nil {
		return e // The default has ended without a successor. It remains until an operator acts.
		// A concurrent reload or reader may have been faster; its edition must not be overwritten.
	}
	c.current.CompareAndSwap(e, next)
	return next
}

// Models returns the models on offer: the default first, then those that are usable, real models before those
// of the sandbox, then those whose provider is not configured.
func (c *Catalog) Models() []Model { return slices.Clone(c.now().models) }

// All returns every model: those on offer, then the retired ones in the order of the file.
func (c *Catalog) All() []Model {
	e := c.now()
	all := slices.Clone(e.models)
	for _, m := range e.source {
		if m = e.byID[m.ID]; m.State == Retired {
			all = append(all, m)
		}
	}
	return all
}

// Default returns the default model of chats.
func (c *Catalog) Default() Model { return c.now().models[0] }

// DefaultOf returns the default model for jobs of a kind. It is MODEL_NOT_ALLOWED when no model of the kind
// is usable.
func (c *Catalog) DefaultOf(kind Kind) (Model, error) {
	for _, m := range c.now().models {
		if m.Kind == kind && m.IsDefault {
			return m, nil
		}
	}
	return Model{}, errs.New(errs.ModelNotAllowed, "The catalogue has no model of the kind %s on offer.", kind)
}

// Get returns a model by its id; also a retired one.
func (c *Catalog) Get(id string) (Model, bool) {
	m, ok := c.now().byID[id]
	return m, ok
}

// Configured reports whether this server can call a model's provider.
func (c *Catalog) Configured(m Model) bool { return c.settings.configured(m.Provider) }

// Successor returns the model on offer that replaces a model, over any number of successors.
func (c *Catalog) Successor(id string) (Model, bool) { return c.now().successor(id) }

// successor is bounded by the number of models, so that a cycle cannot hang a request.
func (e *edition) successor(id string) (Model, bool) {
	for range len(e.byID) {
		m, ok := e.byID[id]
		if !ok || m.Successor == "" {
			return Model{}, false
		}
		next, ok := e.byID[m.Successor]
		if !ok {
			return Model{}, false
		}
		if next.State != Retired {
			return next, true
		}
		id = next.ID
	}
	return Model{}, false
}

// Usable returns a model that can be used for a kind of work. An unknown model is MODEL_NOT_ALLOWED. A
// retired one is the input error MODEL_RETIRED of modelId, which names the successor. A model of another
// kind, or without a configured provider, is INVALID_VALUE.
func (c *Catalog) Usable(kind Kind, id string) (Model, error) {
	e := c.now()
	m, ok := e.byID[id]
	switch {
	case !ok:
		return Model{}, errs.New(errs.ModelNotAllowed, "The catalogue has no such model. `models` lists those on offer.")
	case m.Kind != kind:
		return Model{}, errs.Input(errs.InvalidValue, "modelId", "The model %s makes %s, not %s.", m.ID, m.Kind, kind)
	case m.State == Retired:
		next, _ := e.successor(id)
		return Model{}, errs.Input(errs.ModelRetired, "modelId", "The model %s is no longer offered. Use %s.", m.ID, next.ID)
	case !c.settings.configured(m.Provider):
		return Model{}, errs.Input(errs.InvalidValue, "modelId", "This server cannot ask %s, who runs the model %s. Choose another model.", m.Provider, m.ID)
	}
	return m, nil
}

// Viewer is the user who wants to use a model.
type Viewer struct {
	SignedIn bool
	Plan     Plan
	// Opens reports which models the API key of the request may use; nil for all.
	Opens func(model string, isSandbox bool) bool
}

// ranks orders the plans.
var ranks = map[Plan]int{Free: 0, Standard: 1, Premium: 2}

// Obstacle says why a viewer cannot use a model now; empty when they can.
func (c *Catalog) Obstacle(m Model, who Viewer) Obstacle {
	switch {
	case !who.SignedIn: // Signing in comes first, since it is what the viewer can do.
		return SignInRequired
	case m.State == Retired:
		return IsRetired
	case !c.settings.configured(m.Provider):
		return ProviderNotConfigured
	case c.settings.Billing && ranks[who.Plan] < ranks[m.Plan]:
		return MembershipRequired
	case who.Opens != nil && !who.Opens(m.ID, m.IsSandbox):
		return KeyRestricted
	default:
		return ""
	}
}
