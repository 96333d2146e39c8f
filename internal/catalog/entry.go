package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// entry is a model as the file has it.
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
	Prices          []priceEntry `yaml:"prices"`
}

type label struct {
	EN string `yaml:"en"`
	KO string `yaml:"ko"`
}

type textEntry struct {
	ContextTokens       int         `yaml:"contextTokens"`
	DefaultOutputTokens int         `yaml:"defaultOutputTokens"`
	Temperature         *rangeEntry `yaml:"temperature"`
}

type rangeEntry struct {
	Min     float64 `yaml:"min"`
	Max     float64 `yaml:"max"`
	Default float64 `yaml:"default"`
}

type imageEntry struct {
	Sizes     []string  `yaml:"sizes"`
	Qualities []Quality `yaml:"qualities"`
}

type videoEntry struct {
	Seconds     []int    `yaml:"seconds"`
	Resolutions []string `yaml:"resolutions"`
	Aspects     []string `yaml:"aspects"`
	Styles      []string `yaml:"styles"`
}

// priceEntry has prices in dollars, in decimals: "0.15" for a million tokens, an image or a second.
type priceEntry struct {
	From        string            `yaml:"from"`
	Input       string            `yaml:"input"`
	CachedInput string            `yaml:"cachedInput"`
	Output      string            `yaml:"output"`
	Images      []imagePriceEntry `yaml:"images"`
	VideoSecond string            `yaml:"videoSecond"`
}

type imagePriceEntry struct {
	Size    string  `yaml:"size"`
	Quality Quality `yaml:"quality"`
	Each    string  `yaml:"each"`
}

// parser gathers the models of a file, and what is wrong with them.
type parser struct {
	name, id  string
	line      int
	providers []string // those there may be; nil for any
	seen      map[string]bool
	models    []Model
	faults    []error
}

func (p *parser) fail(format string, args ...any) {
	who := ""
	if p.id != "" {
		who = p.id + ": "
	}
	p.faults = append(p.faults, fmt.Errorf("%s:%d: %s%s", p.name, p.line, who, fmt.Sprintf(format, args...)))
}

// add checks an entry by itself and keeps it.
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
	p.models = append(p.models, m)
}

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

// caps takes over the limits of a model's kind, which must be there, and no others.
func (p *parser) caps(m *Model, e entry) {
	given := map[Kind]bool{Text: e.Text != nil, Image: e.Image != nil, Video: e.Video != nil}
	if _, ok := given[m.Kind]; !ok {
		p.fail("`kind` is TEXT, IMAGE or VIDEO, not %q", m.Kind)
		return
	}
	for kind, there := range given {
		if there != (kind == m.Kind) {
			p.fail("a model of the kind %s has `%s`, and no limits of other kinds", m.Kind, strings.ToLower(string(m.Kind)))
			return
		}
	}
	if (m.MaxOutputTokens > 0) != (m.Kind == Text) {
		p.fail("`maxOutputTokens` is for models that write, which need it")
	}
	switch m.Kind {
	case Text:
		p.textCaps(m, e.Text)
	case Image:
		m.Image = &ImageCaps{Sizes: e.Image.Sizes, Qualities: e.Image.Qualities}
		p.checkImage(m.Image)
	case Video:
		m.Video = &VideoCaps{Seconds: e.Video.Seconds, Resolutions: e.Video.Resolutions, Aspects: e.Video.Aspects, Styles: e.Video.Styles}
		if len(m.Video.Seconds) == 0 || len(m.Video.Resolutions) == 0 || len(m.Video.Aspects) == 0 {
			p.fail("`video` needs seconds, resolutions and aspects")
		}
	}
}

func (p *parser) textCaps(m *Model, e *textEntry) {
	m.Text = &TextCaps{ContextTokens: e.ContextTokens, DefaultOutputTokens: e.DefaultOutputTokens}
	if e.ContextTokens <= m.MaxOutputTokens {
		p.fail("`text.contextTokens` must be above `maxOutputTokens`")
	}
	if e.DefaultOutputTokens < 1 || e.DefaultOutputTokens > m.MaxOutputTokens {
		p.fail("`text.defaultOutputTokens` must be from 1 to `maxOutputTokens`")
	}
	if t := e.Temperature; t != nil {
		m.Text.Temperature = &Range{Min: t.Min, Max: t.Max, Default: t.Default}
		if t.Min > t.Default || t.Default > t.Max {
			p.fail("`text.temperature` must have its default between min and max")
		}
	}
}

func (p *parser) checkImage(c *ImageCaps) {
	if len(c.Sizes) == 0 || len(c.Qualities) == 0 {
		p.fail("`image` needs sizes and qualities")
	}
	for _, size := range c.Sizes {
		if _, _, ok := ParseSize(size); !ok {
			p.fail("`image.sizes` has %q, which is not WIDTHxHEIGHT", size)
		}
	}
	for _, q := range c.Qualities {
		p.checkQuality(q)
	}
}

func (p *parser) checkQuality(q Quality) {
	if q != QualityStandard && q != QualityHD {
		p.fail("the quality %q is neither STANDARD nor HD", q)
	}
}

// unknownDay stands for a day that the provider did not tell.
const unknownDay = "unknown"

// date reads a day, as its first moment in UTC.
func (p *parser) date(what, value string) time.Time {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		p.fail("`%s` must be a day such as 2027-01-14, not %q", what, value)
	}
	return t
}

// ParseSize reads WIDTHxHEIGHT.
func ParseSize(size string) (width, height int, ok bool) {
	w, h, found := strings.Cut(size, "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	return width, height, found && errW == nil && errH == nil && width > 0 && height > 0
}
