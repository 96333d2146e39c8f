package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// edition computes the catalogue of a moment from the models of the file.
func (s Settings) edition(source []Model, now time.Time) (*edition, error) {
	e := &edition{source: source, byID: make(map[string]Model, len(source))}
	for _, m := range source {
		m.MaxInputChars = capped(m.MaxInputChars, s.MaxTextChars)
		m.MaxOutputTokens = capped(m.MaxOutputTokens, s.MaxOutputTokens)
		// The caps are copied before they are changed, because the source is shared by all editions.
		if m.Text != nil {
			text := *m.Text
			text.DefaultOutputTokens = min(text.DefaultOutputTokens, m.MaxOutputTokens)
			m.Text = &text
		}
		m.State = e.stateAt(m, now)
		e.byID[m.ID] = m
		if m.State != Retired {
			e.models = append(e.models, m)
		}
	}
	slices.SortStableFunc(e.models, func(a, b Model) int { return cmp.Compare(s.rank(a), s.rank(b)) })
	if err := e.setDefault(s); err != nil {
		return nil, err
	}
	e.markDefaults(s)
	return e, nil
}

// stateAt is a model's state at a moment. A model whose day has come is retired, whatever the file says. It
// also finds the next such day.
func (e *edition) stateAt(m Model, now time.Time) State {
	switch {
	case m.State == Retired || m.ShutdownAt.IsZero():
		return m.State
	case !now.Before(m.ShutdownAt):
		return Retired
	}
	if e.until.IsZero() || m.ShutdownAt.Before(e.until) {
		e.until = m.ShutdownAt
	}
	return m.State
}

// The positions of models in the order of the offer.
const (
	firstProvider = iota
	otherProviders
	sandboxModels
	notConfigured
)

// rank is the position of a model by its provider. The sort is stable, so the order of the file decides
// within one.
func (s Settings) rank(m Model) int {
	switch {
	case !s.configured(m.Provider):
		return notConfigured
	case m.Provider == s.Provider:
		return firstProvider
	case m.IsSandbox:
		return sandboxModels
	default:
		return otherProviders
	}
}

// capped applies a limit; 0 is none.
func capped(n, limit int) int {
	if limit == 0 {
		return n
	}
	return min(n, limit)
}

// setDefault moves the default model of chats to the front.
func (e *edition) setDefault(s Settings) error {
	id, err := e.defaultText(s)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(e.models, func(m Model) bool { return m.ID == id })
	m := e.models[i]
	e.models = slices.Insert(slices.Delete(e.models, i, i+1), 0, m)
	return nil
}

// defaultText is the operator's choice, otherwise the text model of the first provider, otherwise the first
// usable one. An operator's choice that is unusable is an error, so that a mistake is noticed at the start.
func (e *edition) defaultText(s Settings) (string, error) {
	usable := func(m Model) bool { return m.Kind == Text && m.State != Retired && s.configured(m.Provider) }
	if s.Default != "" {
		if m := e.currentModel(s.Default); usable(m) {
			return m.ID, nil
		}
		return "", fmt.Errorf("catalog: the default model %q is not there, writes no text, or its provider is not configured", s.Default)
	}
	if m := e.currentModel(s.TextModels[s.Provider]); usable(m) {
		return m.ID, nil
	}
	for _, m := range e.models {
		if usable(m) {
			return m.ID, nil
		}
	}
	return "", fmt.Errorf("catalog: no default: no text model is on offer whose provider can be asked")
}

// currentModel is a model, or its successor once it is retired; the zero Model for an unknown id.
func (e *edition) currentModel(id string) Model {
	m := e.byID[id]
	if m.State == Retired {
		m, _ = e.successor(id)
	}
	return m
}

// markDefaults marks the first usable model of each kind.
func (e *edition) markDefaults(s Settings) {
	marked := map[Kind]bool{}
	for i, m := range e.models {
		if marked[m.Kind] || !s.configured(m.Provider) {
			continue
		}
		marked[m.Kind] = true
		e.models[i].IsDefault = true
		e.byID[m.ID] = e.models[i]
	}
}
