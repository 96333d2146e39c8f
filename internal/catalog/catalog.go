// Package catalog knows the models a person may choose from. They are data that ships
// with the program; the server's settings cap them.
package catalog

import (
	"slices"

	"github.com/weav-ai/weav/internal/errs"
)

// Kind is what a model makes.
type Kind string

// The kinds.
const (
	Text  Kind = "TEXT"
	Image Kind = "IMAGE"
	Video Kind = "VIDEO"
)

// Quality is how much care goes into an image.
type Quality string

// The qualities.
const (
	Standard Quality = "STANDARD"
	HD       Quality = "HD"
)

// Model is an entry of the catalogue.
type Model struct {
	// ID is the catalogue's own name; it never changes.
	ID string `json:"id"`
	// Name is shown to people.
	Name string `json:"name"`
	// Provider names the adapter that runs it.
	Provider string `json:"provider"`
	// ProviderModel is the provider's own name for it.
	ProviderModel string `json:"providerModel"`
	Kind          Kind   `json:"kind"`
	Description   string `json:"description"`
	// MaxInputChars is the longest message or prompt, in Unicode code points.
	MaxInputChars int `json:"maxInputChars"`
	// MaxOutputTokens is the most tokens a reply may have; zero for a model that writes none.
	MaxOutputTokens int `json:"maxOutputTokens"`
	// Image and Video say what may be asked of a model of that kind; nil for others.
	Image *ImageCaps `json:"image"`
	Video *VideoCaps `json:"video"`
	// IsSandbox marks made-up answers.
	IsSandbox bool `json:"isSandbox"`
	// Retired models can be seen on old messages, but no longer be asked.
	Retired bool `json:"retired"`
	// Successor is the id of the model to use instead of a retired one.
	Successor string `json:"successor"`
	// IsDefault marks the model of chats, or of jobs of its kind, that name none.
	IsDefault bool `json:"-"`
}

// ImageCaps is what the images of a model may be.
type ImageCaps struct {
	// Sizes are WIDTHxHEIGHT in pixels, the default first.
	Sizes []string `json:"sizes"`
	// Qualities have the default first.
	Qualities []Quality `json:"qualities"`
}

// VideoCaps is what the videos of a model may be.
type VideoCaps struct {
	// Seconds, Resolutions and Aspects have the default first.
	Seconds     []int    `json:"seconds"`
	Resolutions []string `json:"resolutions"`
	Aspects     []string `json:"aspects"`
	// Styles may be asked for; there is no default.
	Styles []string `json:"styles"`
}

// Catalog is the set of models. It does not change, and is safe for concurrent use.
type Catalog struct {
	models []Model // those on offer, the default first
	byID   map[string]Model
}

// Models returns the models on offer, the default first.
func (c *Catalog) Models() []Model { return slices.Clone(c.models) }

// Default returns the model of chats that name none.
func (c *Catalog) Default() Model { return c.models[0] }

// DefaultOf returns the model of jobs of a kind that name none. Without any of the kind on
// offer it is MODEL_NOT_ALLOWED.
func (c *Catalog) DefaultOf(kind Kind) (Model, error) {
	for _, m := range c.models {
		if m.Kind == kind {
			return m, nil
		}
	}
	return Model{}, errs.New(errs.ModelNotAllowed, "The catalogue has no model of the kind %s on offer.", kind)
}

// Get returns a model by its id, retired ones too.
func (c *Catalog) Get(id string) (Model, bool) {
	m, ok := c.byID[id]
	return m, ok
}

// Usable returns a model that may be asked for what kind says. An unknown one is MODEL_NOT_ALLOWED;
// a retired one is a MODEL_RETIRED input error of modelId that names the successor, and one that makes
// something else is INVALID_VALUE.
func (c *Catalog) Usable(kind Kind, id string) (Model, error) {
	m, ok := c.byID[id]
	switch {
	case !ok:
		return Model{}, errs.New(errs.ModelNotAllowed, "The catalogue has no such model. `models` lists those on offer.")
	case m.Kind != kind:
		return Model{}, errs.Input(errs.InvalidValue, "modelId", "The model %s makes %s, not %s.", m.ID, m.Kind, kind)
	case m.Retired:
		return Model{}, errs.Input(errs.ModelRetired, "modelId", "The model %s is no longer offered. Use %s.", m.ID, m.Successor)
	}
	return m, nil
}
