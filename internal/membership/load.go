package membership

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/weav-ai/weav/internal/catalog"
)

//go:embed plans.yaml
var shipped []byte

// Settings are the operator's settings.
type Settings struct {
	// Billing false gives every user the highest plan.
	Billing bool
	// File replaces the plans that ship with the program. Name is the file's name in errors. Nil for the
	// shipped plans.
	File []byte
	Name string
}

// entry is a plan in the file.
type entry struct {
	Type      catalog.Plan `yaml:"type"`
	Name      label        `yaml:"name"`
	OrderName string       `yaml:"orderName"`
	Amount    int64        `yaml:"amount"`
	Currency  string       `yaml:"currency"`
	Days      int          `yaml:"days"`
	Daily     dailyEntry   `yaml:"daily"`
	Priority  bool         `yaml:"priority"`
	OwnKeys   bool         `yaml:"ownKeys"`
}

type label struct {
	EN string `yaml:"en"`
	KO string `yaml:"ko"`
}

type dailyEntry struct {
	Tokens       int64 `yaml:"tokens"`
	Images       int64 `yaml:"images"`
	VideoSeconds int64 `yaml:"videoSeconds"`
}

// inOrder are the plans that must exist, the cheapest first.
var inOrder = []catalog.Plan{catalog.Free, catalog.Standard, catalog.Premium}

// Load reads the plans and reports all faults at once.
func Load(s Settings) (*Plans, error) {
	source, name := s.File, s.Name
	if source == nil {
		source, name = shipped, "plans.yaml"
	}
	var file struct {
		Plans []entry `yaml:"plans"`
	}
	// A misspelt field would silently give a plan its zero value, so unknown fields are errors.
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &Plans{billing: s.Billing}
	var faults []error
	for _, e := range file.Plans {
		for _, fault := range e.faults() {
			faults = append(faults, fmt.Errorf("%s: %s: %s", name, e.Type, fault))
		}
		p.list = append(p.list, e.plan())
	}
	types := make([]catalog.Plan, len(p.list))
	for i, plan := range p.list {
		types[i] = plan.Type
	}
	if !slices.Equal(types, inOrder) {
		faults = append(faults, fmt.Errorf("%s: it must have FREE, STANDARD and PREMIUM, in this order", name))
	} else {
		faults = append(faults, p.comparable(name)...)
	}
	return p, errors.Join(faults...)
}

// plan converts an entry, whose faults are collected separately.
func (e entry) plan() Plan {
	const second = 1000
	return Plan{
		Type: e.Type, Name: catalog.Label(e.Name), OrderName: e.OrderName, Amount: e.Amount, Currency: e.Currency, Days: e.Days,
		Daily:       Amounts{Tokens: e.Daily.Tokens, Images: e.Daily.Images, VideoMs: e.Daily.VideoSeconds * second},
		HasPriority: e.Priority, IncludesOwnKeys: e.OwnKeys,
	}
}

// faults returns what is wrong with an entry by itself.
func (e entry) faults() []string {
	var out []string
	fail := func(wrong bool, why string) {
		if wrong {
			out = append(out, why)
		}
	}
	paid := e.Type != catalog.Free
	fail(e.Name.EN == "" || e.Name.KO == "", "`name` needs `en` and `ko`")
	fail(e.Daily.Tokens < 0 || e.Daily.Images < 0 || e.Daily.VideoSeconds < 0, "`daily` cannot be below 0")
	fail(paid && e.OrderName == "", "`orderName` is missing")
	fail(paid && e.Amount < 1, "`amount` must be above 0")
	fail(paid && len(e.Currency) != 3, "`currency` is a code such as KRW")
	fail(paid && (e.Days < 1 || e.Days > 366), "`days` must be from 1 to 366")
	fail(!paid && (e.Amount != 0 || e.Days != 0), "FREE has no `amount` and no `days`")
	return out
}

// comparable checks that time of one plan can be converted into time of another: the same currency and days,
// at different prices.
func (p *Plans) comparable(name string) []error {
	standard, premium := p.list[1], p.list[2]
	if standard.Currency != premium.Currency || standard.Days != premium.Days || standard.Amount >= premium.Amount {
		return []error{fmt.Errorf("%s: STANDARD and PREMIUM need one currency and as many days, and PREMIUM costs more", name)}
	}
	p.list[0].Currency = standard.Currency
	return nil
}
