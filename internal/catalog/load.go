package catalog

import (
	"bytes"
	_ "embed" // the catalogue's data
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	var models []entry
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&models); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c := &Catalog{byID: make(map[string]Model, len(models))}
	for _, m := range models {
		if err := c.add(m.model(), s); err != nil {
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

// entry is a model as the file has it.
type entry struct {
	ID, Name, Provider, ProviderModel, Description, Successor string
	Kind                                                      Kind
	MaxInputChars, MaxOutputTokens                            int
	Image                                                     *ImageCaps
	Video                                                     *VideoCaps
	IsSandbox, Retired                                        bool
}

func (e entry) model() Model {
	m := Model{
		ID: e.ID, Name: Label{EN: e.Name, KO: e.Name}, Description: Label{EN: e.Description, KO: e.Description},
		Provider: e.Provider, ProviderModel: e.ProviderModel, Kind: e.Kind, Plan: Free, State: Active, Successor: e.Successor,
		MaxInputChars: e.MaxInputChars, MaxOutputTokens: e.MaxOutputTokens, Image: e.Image, Video: e.Video, IsSandbox: e.IsSandbox,
	}
	if e.Retired {
		m.State = Retired
	}
	if e.Kind == Text {
		m.Capabilities = []Capability{ImageInput, StructuredOutput}
		m.Text = &TextCaps{ContextTokens: 128_000, DefaultOutputTokens: 1024, Temperature: &Range{Min: 0, Max: 2, Default: 1}}
	}
	return m
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
	if m.State != Retired {
		c.models = append(c.models, m)
	}
	return nil
}

func (m Model) check() error {
	switch {
	case m.ID == "" || m.Name.EN == "" || m.Provider == "" || m.ProviderModel == "" || m.Description.EN == "":
		return fmt.Errorf("catalog: model %q lacks id, name, provider, providerModel or description", m.ID)
	case m.MaxInputChars < 1:
		return fmt.Errorf("catalog: model %q lacks limits: maxInputChars must be above 0", m.ID)
	case (m.State == Retired) != (m.Successor != ""):
		return fmt.Errorf("catalog: model %q: a retired model names its successor, another does not", m.ID)
	}
	return m.checkCaps()
}

// checkCaps makes sure that a model has the limits of its kind, and no others.
func (m Model) checkCaps() error {
	var ok bool
	switch m.Kind {
	case Text:
		ok = m.MaxOutputTokens > 0 && m.Image == nil && m.Video == nil
	case Image:
		ok = m.MaxOutputTokens == 0 && m.Video == nil && m.Image != nil && m.Image.whole()
	case Video:
		ok = m.MaxOutputTokens == 0 && m.Image == nil && m.Video != nil && m.Video.whole()
	default:
		return fmt.Errorf("catalog: model %q is of the unknown kind %q", m.ID, m.Kind)
	}
	if !ok {
		return fmt.Errorf("catalog: model %q lacks a limit of the kind %s, or has one of another", m.ID, m.Kind)
	}
	return nil
}

func (c *ImageCaps) whole() bool {
	for _, size := range c.Sizes {
		if _, _, ok := ParseSize(size); !ok {
			return false
		}
	}
	known := func(q Quality) bool { return q == QualityStandard || q == QualityHD }
	return len(c.Sizes) > 0 && len(c.Qualities) > 0 && !slices.ContainsFunc(c.Qualities, func(q Quality) bool { return !known(q) })
}

func (c *VideoCaps) whole() bool {
	return len(c.Seconds) > 0 && len(c.Resolutions) > 0 && len(c.Aspects) > 0
}

// ParseSize reads WIDTHxHEIGHT.
func ParseSize(size string) (width, height int, ok bool) {
	w, h, found := strings.Cut(size, "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	return width, height, found && errW == nil && errH == nil && width > 0 && height > 0
}

func capped(n, limit int) int {
	if limit == 0 {
		return n
	}
	return min(n, limit)
}

func (c *Catalog) checkSuccessors() error {
	for _, m := range c.byID {
		if next, ok := c.byID[m.Successor]; m.State == Retired && (!ok || next.State == Retired) {
			return fmt.Errorf("catalog: the successor of model %q is not on offer", m.ID)
		}
	}
	return nil
}

// setDefault moves the model of chats that name none to the front.
func (c *Catalog) setDefault(id string) error {
	i := slices.IndexFunc(c.models, func(m Model) bool { return m.Kind == Text && (id == "" || m.ID == id) })
	if i < 0 {
		return fmt.Errorf("catalog: the default model %q is not on offer, or writes no text", id)
	}
	m := c.models[i]
	c.models = slices.Insert(slices.Delete(c.models, i, i+1), 0, m)
	c.markDefaults()
	return nil
}

// markDefaults marks the first model of each kind.
func (c *Catalog) markDefaults() {
	marked := map[Kind]bool{}
	for i, m := range c.models {
		if marked[m.Kind] {
			continue
		}
		marked[m.Kind] = true
		c.models[i].IsDefault = true
		c.byID[m.ID] = c.models[i]
	}
}
