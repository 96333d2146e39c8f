package catalog

import (
	"bytes"
	_ "embed" // the catalogue's data
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed models.json
var shipped []byte

// Settings are what an operator sets for all models.
type Settings struct {
	// MaxTextChars and MaxOutputTokens cap every model; zero caps nothing.
	MaxTextChars, MaxOutputTokens int
	// Default is the id of the default model; empty: the first on offer.
	Default string
}

// Load returns the catalogue that ships with the program, under the operator's settings.
func Load(s Settings) (*Catalog, error) { return parse(shipped, s) }

func parse(data []byte, s Settings) (*Catalog, error) {
	var models []Model
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&models); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c := &Catalog{byID: make(map[string]Model, len(models))}
	for _, m := range models {
		if err := c.add(m, s); err != nil {
			return nil, err
		}
	}
	if err := c.checkSuccessors(); err != nil {
		return nil, err
	}
	if err := c.setDefault(s.Default); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Catalog) add(m Model, s Settings) error {
	if err := m.check(); err != nil {
		return err
	}
	if _, twice := c.byID[m.ID]; twice {
		return fmt.Errorf("catalog: model %q is there twice", m.ID)
	}
	m.MaxInputChars = capped(m.MaxInputChars, s.MaxTextChars)
	m.MaxOutputTokens = capped(m.MaxOutputTokens, s.MaxOutputTokens)
	c.byID[m.ID] = m
	if !m.Retired {
		c.models = append(c.models, m)
	}
	return nil
}

func (m Model) check() error {
	switch {
	case m.ID == "" || m.Name == "" || m.Provider == "" || m.ProviderModel == "" || m.Description == "":
		return fmt.Errorf("catalog: model %q lacks id, name, provider, providerModel or description", m.ID)
	case m.Kind != Text:
		return fmt.Errorf("catalog: model %q is of the unknown kind %q", m.ID, m.Kind)
	case m.MaxInputChars < 1 || m.MaxOutputTokens < 1:
		return fmt.Errorf("catalog: model %q needs limits above 0", m.ID)
	case m.Retired != (m.Successor != ""):
		return fmt.Errorf("catalog: model %q: a retired model names its successor, another does not", m.ID)
	}
	return nil
}

func capped(n, limit int) int {
	if limit == 0 {
		return n
	}
	return min(n, limit)
}

func (c *Catalog) checkSuccessors() error {
	for _, m := range c.byID {
		if next, ok := c.byID[m.Successor]; m.Retired && (!ok || next.Retired) {
			return fmt.Errorf("catalog: the successor of model %q is not on offer", m.ID)
		}
	}
	return nil
}

// setDefault moves the default model to the front.
func (c *Catalog) setDefault(id string) error {
	i := 0
	if id != "" {
		i = slices.IndexFunc(c.models, func(m Model) bool { return m.ID == id })
	}
	if i < 0 || len(c.models) == 0 {
		return fmt.Errorf("catalog: the default model %q is not on offer", id)
	}
	m := c.models[i]
	m.IsDefault = true
	c.models = slices.Insert(slices.Delete(c.models, i, i+1), 0, m)
	c.byID[m.ID] = m
	return nil
}
