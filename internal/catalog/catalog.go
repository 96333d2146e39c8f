// Package catalog knows the models a person may choose from. They are data that ships
// with the program; the server's settings cap them.
package catalog

import (
	"slices"

	"github.com/weav-ai/weav/internal/errs"
)

// Kind is what a model makes.
type Kind string

// Text is a model that writes text.
const Text Kind = "TEXT"

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
	// MaxInputChars is the longest message, in Unicode code points.
	MaxInputChars int `json:"maxInputChars"`
	// MaxOutputTokens is the most tokens a reply may have.
	MaxOutputTokens int `json:"maxOutputTokens"`
	// IsSandbox marks made-up answers.
	IsSandbox bool `json:"isSandbox"`
	// Retired models can be seen on old messages, but no longer be asked.
	Retired bool `json:"retired"`
	// Successor is the id of the model to use instead of a retired one.
	Successor string `json:"successor"`
	// IsDefault marks the model of chats that name none.
	IsDefault bool `json:"-"`
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

// Get returns a model by its id, retired ones too.
func (c *Catalog) Get(id string) (Model, bool) {
	m, ok := c.byID[id]
	return m, ok
}

// Usable returns a model that may be asked. An unknown one is MODEL_NOT_ALLOWED; a retired one
// is a MODEL_RETIRED input error of modelId that names the successor.
func (c *Catalog) Usable(id string) (Model, error) {
	m, ok := c.byID[id]
	if !ok {
		return Model{}, errs.New(errs.ModelNotAllowed, "The catalogue has no such model. `models` lists those on offer.")
	}
	if m.Retired {
		return Model{}, errs.Input(errs.ModelRetired, "modelId", "The model %s is no longer offered. Use %s.", m.ID, m.Successor)
	}
	return m, nil
}
