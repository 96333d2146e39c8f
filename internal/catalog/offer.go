package catalog

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/internal/errs"
)

// Settings are what an operator sets for all models.
type Settings struct {
	// MaxTextChars and MaxOutputTokens cap every model; zero caps nothing.
	MaxTextChars, MaxOutputTokens int
	// Default is the id of the default model, or of one that is retired, for its successor; empty: by Provider.
	Default string
	// Provider is whose models come first, and TextModels which text model of a provider is the default, as an operator
	// named it once: a retired one stands for its successor.
	Provider   string
	TextModels map[string]string
	// Providers are the names that models may have as their provider, configured or not; nil for any.
	Providers []string
	// Configured says whether a provider can be asked; nil: only the sandbox can.
	Configured func(provider string) bool
	// Billing says that plans are enforced; without it everybody may use everything.
	Billing bool
	// File is a catalogue in place of the one that ships; empty for none.
	File string
	// Now is the clock; nil for the real one.
	Now func() time.Time
}

// Sandbox is the provider that is always there.
const Sandbox = "sandbox"

func (s Settings) configured(provider string) bool {
	return provider == Sandbox || s.Configured != nil && s.Configured(provider)
}

func (s Settings) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Catalog is the set of models. What it holds changes with its file and with the days on which models end; each
// answer is of one moment. It is safe for concurrent use.
type Catalog struct {
	settings Settings
	current  atomic.Pointer[edition]
	digest   atomic.Pointer[string] // of the file that was read last
}

// edition is the catalogue as it stands from one change to the next. It never changes.
type edition struct {
	source []Model // as the file has them
	models []Model // those on offer, in order
	byID   map[string]Model
	until  time.Time // when the next model ends; zero for never
}

// now returns the edition of this moment.
func (c *Catalog) now() *edition {
	e, now := c.current.Load(), c.settings.now()
	if e.until.IsZero() || now.Before(e.until) {
		return e
	}
	next, err := c.settings.edition(e.source, now)
	if err != nil {
		return e // A default that retired without anything to take its place stays.
	}
	c.current.CompareAndSwap(e, next)
	return next
}

// Models returns the models on offer: the default first, then those that can be asked, real ones before made-up ones, then
// those whose provider is not configured.
func (c *Catalog) Models() []Model { return slices.Clone(c.now().models) }

// All returns every model, in the order of the file behind those on offer.
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

// Default returns the model of chats that name none.
func (c *Catalog) Default() Model { return c.now().models[0] }

// DefaultOf returns the model of jobs of a kind that name none. Without any of the kind that can be asked it is
// MODEL_NOT_ALLOWED.
func (c *Catalog) DefaultOf(kind Kind) (Model, error) {
	for _, m := range c.now().models {
		if m.Kind == kind && m.IsDefault {
			return m, nil
		}
	}
	return Model{}, errs.New(errs.ModelNotAllowed, "The catalogue has no model of the kind %s on offer.", kind)
}

// Get returns a model by its id, retired ones too.
func (c *Catalog) Get(id string) (Model, bool) {
	m, ok := c.now().byID[id]
	return m, ok
}

// Configured says whether this server can ask a model's provider.
func (c *Catalog) Configured(m Model) bool { return c.settings.configured(m.Provider) }

// Successor returns the model on offer that takes a model's place, over as many steps as it takes.
func (c *Catalog) Successor(id string) (Model, bool) { return c.now().successor(id) }

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

// Usable returns a model that may be asked for what kind says. An unknown one is MODEL_NOT_ALLOWED; a retired one is a
// MODEL_RETIRED input error of modelId that names the successor, and one that makes something else, or whose provider
// this server has no key of, is INVALID_VALUE.
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

// Viewer is who wants to use a model.
type Viewer struct {
	SignedIn bool
	Plan     Plan
	// Opens says what the API key that asks may ask; nil for all.
	Opens func(model string, isSandbox bool) bool
}

// ranks orders the plans.
var ranks = map[Plan]int{Free: 0, Standard: 1, Premium: 2}

// Obstacle says why somebody cannot use a model now; empty when they can.
func (c *Catalog) Obstacle(m Model, who Viewer) Obstacle {
	switch {
	case !who.SignedIn: // Signing in is what they can do, whatever is in the way behind that.
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
