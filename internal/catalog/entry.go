package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// entry is a model in the file.
type entry struct {
	ID            string `yaml:"id"`
	Provider      string `yaml:"provider"`
	ProviderModel string `yaml:"providerModel"` // the id when empty
	Kind          Kind   `yaml:"kind"`
	Name          label  `yaml:"name"`
	Description   label  `yaml:"description"`
	Plan          Plan   `yaml:"plan"`
	State         State  `yaml:"state"`
	Shutdown      string `yaml:"shutdown"`
	Successor     string `yaml:"successor"`
	Fallback      string `yaml:"fallback"`

	Capabilities    []Capability `yaml:"capabilities"`
	MaxInputChars   int          `yaml:"maxInputChars"`
	MaxOutputTokens int          `yaml:"maxOutputTokens"`
	Text            *textEntry   `yaml:"text"`
	Image           *imageEntry  `yaml:"image"`
	Video           *videoEntry  `yaml:"video"`
	// Price is `unknown`, or empty when there are Prices.
	Price  string       `yaml:"price"`
	Prices []priceEntry `yaml:"prices"`
}

type label struct {
	EN string `yaml:"en"`
	KO string `yaml:"ko"`
}

type textEntry struct {
	ContextTokens       int         `yaml:"contextTokens"`
	InputTokens         *int        `yaml:"inputTokens"`
	DefaultOutputTokens int         `yaml:"defaultOutputTokens"`
	Temperature         *rangeEntry `yaml:"temperature"`
}

type rangeEntry struct {
	Min     float64 `yaml:"min"`
	Max     float64 `yaml:"max"`
	Default float64 `yaml:"default"`
}

type imageEntry struct {
	Sizes     []string           `yaml:"sizes"`
	Qualities []Quality          `yaml:"qualities"`
	Tokens    []imageTokensEntry `yaml:"tokens"`
}

type imageTokensEntry struct {
	Size    string  `yaml:"size"`
	Quality Quality `yaml:"quality"`
	Image   int64   `yaml:"image"`
	Text    int64   `yaml:"text"`
}

type videoEntry struct {
	Seconds     []int            `yaml:"seconds"`
	Resolutions []string         `yaml:"resolutions"`
	Aspects     []string         `yaml:"aspects"`
	Styles      []string         `yaml:"styles"`
	Only        []videoOnlyEntry `yaml:"only"`
}

type videoOnlyEntry struct {
	Resolution string `yaml:"resolution"`
	Seconds    []int  `yaml:"seconds"`
}

// parser collects the models of a file and its faults.
type parser struct {
	name, id  string
	line      int
	providers []string // the allowed providers; nil for any
	seen      map[string]bool
	models    []Model
	faults    []error
}

// fail adds a fault with the line and the model. Parsing continues, so that all faults are reported at once.
func (p *parser) fail(format string, args ...any) {
	who := ""
	if p.id != "" {
		who = p.id + ": "
	}
	p.faults = append(p.faults, fmt.Errorf("%s:%d: %s%s", p.name, p.line, who, fmt.Sprintf(format, args...)))
}

// add checks an entry by itself and adds its model.
func (p *parser) add(e entry) {
	m := Model{
		ID: e.ID, Name: Label(e.Name), Description: Label(e.Description), Provider: e.Provider, ProviderModel: e.ProviderModel,
		Kind: e.Kind, Plan: e.Plan, State: e.State, Successor: e.Successor, Fallback: e.Fallback, Capabilities: e.Capabilities,
		MaxInputChars: e.MaxInputChars, MaxOutputTokens: e.MaxOutputTokens, IsSandbox: e.Provider == Sandbox,
	}
	if m.ProviderModel == "" {
		m.ProviderModel = m.ID
	}
	p.checkWords(m)
	p.checkTerms(m)
	switch {
	case e.Shutdown == "" && m.State == Deprecated:
		p.fail("a DEPRECATED model needs its day in `shutdown`, or `unknown`")
	case e.Shutdown != "" && e.Shutdown != unknownDay:
		m.ShutdownAt = p.date("shutdown", e.Shutdown)
	}
	if e.Shutdown != "" && m.State == Active {
		p.fail("a model with a day of `shutdown` is DEPRECATED, or RETIRED")
	}
	p.caps(&m, e)
	m.Prices = p.prices(e.Prices)
	p.checkPrices(m, e.Price)
	p.models = append(p.models, m)
}

// checkWords checks that the required texts are present and the id is new.
func (p *parser) checkWords(m Model) {
	for what, value := range map[string]string{
		"id": m.ID, "provider": m.Provider, "name.en": m.Name.EN, "name.ko": m.Name.KO, "description.en": m.Description.EN, "description.ko": m.Description.KO,
	} {
		if strings.TrimSpace(value) == "" {
			p.fail("`%s` is missing", what)
		}
	}
	if m.Provider != "" && p.providers != nil && !slices.Contains(p.providers, m.Provider) {
		p.fail("`provider` is one of %s, not %q", strings.Join(p.providers, ", "), m.Provider)
	}
	if p.seen[m.ID] {
		p.fail("is there twice")
	}
	p.seen[m.ID] = true
}

// checkTerms checks the values of a model that do not depend on its kind.
func (p *parser) checkTerms(m Model) {
	if _, ok := ranks[m.Plan]; !ok {
		p.fail("`plan` is FREE, STANDARD or PREMIUM, not %q", m.Plan)
	}
	if !slices.Contains([]State{Active, Deprecated, Retired}, m.State) {
		p.fail("`state` is ACTIVE, DEPRECATED or RETIRED, not %q", m.State)
	}
	if m.State != Active && m.Successor == "" {
		p.fail("a model that is %s needs its `successor`", m.State)
	}
	for _, c := range m.Capabilities {
		if c != ImageInput && c != StructuredOutput {
			p.fail("`capabilities` has the unknown %q", c)
		}
	}
	if m.MaxInputChars < 1 {
		p.fail("`maxInputChars` must be above 0")
	}
}

// unknownDay stands for a day that the provider has not announced, unknownPrice for an unknown price.
const (
	unknownDay   = "unknown"
	unknownPrice = "unknown"
)

// date parses a day, as its beginning in UTC.
func (p *parser) date(what, value string) time.Time {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		p.fail("`%s` must be a day such as 2027-01-14, not %q", what, value)
	}
	return t
}
