package catalog

// checkLinks checks that successors and fallbacks exist. lines are the lines of the models.
func (p *parser) checkLinks(lines []int) {
	byID := make(map[string]Model, len(p.models))
	for _, m := range p.models {
		byID[m.ID] = m
	}
	for i, m := range p.models {
		p.line, p.id = lines[i], m.ID
		if m.Successor != "" {
			p.checkSuccessor(m, byID)
		}
		if m.Fallback == "" {
			continue
		}
		switch f, ok := byID[m.Fallback]; {
		case !ok:
			p.fail("its fallback %q is not there", m.Fallback)
		case f.ID == m.ID || f.Kind != m.Kind:
			p.fail("its fallback must be another model of the kind %s", m.Kind)
		}
	}
}

// checkSuccessor follows a model's successors to the last one, which has none and therefore stays on offer.
// So a replacement exists for every model on every day.
func (p *parser) checkSuccessor(m Model, byID map[string]Model) {
	next := m
	for range len(byID) {
		to, ok := byID[next.Successor]
		switch {
		case !ok:
			p.fail("its successor %q is not there", next.Successor)
			return
		case to.Kind != m.Kind:
			p.fail("its successor %q is not of the kind %s", to.ID, m.Kind)
			return
		case to.Successor == "":
			return // A retired last model is reported as a fault of its own.
		}
		next = to
	}
	p.fail("its successors go round in a ring: one of them must stay on offer")
}
