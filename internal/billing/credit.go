package billing

import (
	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
)

// origin identifies the source of time in a membership: a payment, or a gift, which has no payment.
type origin struct {
	plan    catalog.Plan
	payment oid.Payment
}

// ratio converts time: num for each den.
type ratio struct{ num, den micros }

// of converts d; up rounds to the next microsecond.
func (q ratio) of(d micros, up bool) micros {
	if q.den <= 0 || d <= 0 {
		return 0
	}
	return micros(fraction(uint64(d), uint64(max(q.num, 0)), uint64(q.den), up))
}

// credit is what one origin added to the present, unbroken membership and was not taken back, used up or not.
type credit struct {
	// held is the time as it was bought. cost is what it became in the present membership, after conversions.
	held, cost micros
	// rate is cost per held at the last take-back.
	rate ratio
	// undo converts the remaining time into the lower membership that held before this credit was taken; zero
	// for none.
	undo ratio
}

// credits are those of a membership. Conversions are read from the history and never computed again: prices
// may have changed since, and a take-back must undo exactly what the grant did.
type credits map[origin]*credit

// creditsOf replays the changes of a membership since it began, the oldest first.
func creditsOf(r rates, rows []*ent.MembershipChange) credits {
	st := credits{}
	var before *ent.MembershipChange // nil at the beginning, when time of unknown origin may exist
	for _, c := range rows {
		switch {
		case c.ExpiresAfter == nil: // A membership without end received nothing.
		case !c.ExpiresAfter.After(c.CreatedAt): // The membership ended here, so earlier credits are void.
			clear(st)
			before = nil
			continue
		case c.Kind == membershipchange.KindTakeBack:
			st.replayTake(c, before)
		default:
			st.replayGrant(r, c, before)
		}
		before = c
	}
	return st
}

// of returns the credit of an origin, an empty one if there is none.
func (st credits) of(o origin) *credit {
	if st[o] == nil {
		st[o] = &credit{}
	}
	return st[o]
}

// originOf returns the origin of a change's time.
func originOf(c *ent.MembershipChange) origin {
	o := origin{plan: catalog.Plan(c.Plan)}
	if c.PaymentID != nil {
		o.payment = *c.PaymentID
	}
	return o
}

// leftAfter is the time left after a change, leftBefore the time left when it was made.
func leftAfter(c *ent.MembershipChange) micros {
	return micros(c.ExpiresAfter.UnixMicro() - c.CreatedAt.UnixMicro())
}

func leftBefore(c, before *ent.MembershipChange) micros {
	return micros(before.ExpiresAfter.UnixMicro() - c.CreatedAt.UnixMicro())
}

// replayGrant adds a grant to the credits. What it became is the difference of the stored ends, not a new
// conversion.
func (st credits) replayGrant(r rates, c, before *ent.MembershipChange) {
	own, d := st.of(originOf(c)), micros(c.Micros)
	added := d
	switch {
	case before == nil || before.ExpiresAfter == nil:
		added = r.convert(d, catalog.Plan(c.Plan), catalog.Plan(c.TypeAfter), true)
	case c.TypeAfter != before.TypeAfter: // The higher plan replaced the lower one, so all time was converted.
		st.scale(ratio{leftAfter(c) - d, leftBefore(c, before)})
	default:
		added = leftAfter(c) - leftBefore(c, before)
	}
	own.held, own.cost = own.held+d, own.cost+added
}

// replayTake removes a take-back from the credits, and undoes the conversion where it returned the membership
// to a lower plan.
func (st credits) replayTake(c, before *ent.MembershipChange) {
	own := originOf(c)
	cost := st.take(own, -micros(c.Micros))
	if before == nil || before.ExpiresAfter == nil || c.TypeAfter == before.TypeAfter {
		return
	}
	back := ratio{leftAfter(c), leftBefore(c, before) - cost} // The rest was converted back to the lower plan.
	st.scale(back)
	st.of(own).undo = ratio{back.den, back.num}
	// Time that was bought in the plan that holds again counts as bought.
	for o, s := range st {
		if o.plan == catalog.Plan(c.TypeAfter) {
			s.cost, s.rate = s.held, ratio{1, 1}
		}
	}
}

// scale applies a conversion of all remaining time. Rounding up keeps take-backs from leaving value behind.
func (st credits) scale(q ratio) {
	for _, s := range st {
		s.cost, s.rate.num, s.undo = q.of(s.cost, true), q.of(s.rate.num, true), ratio{}
	}
}

// cost is what d of an origin became in the present membership.
func (st credits) cost(o origin, d micros) micros {
	return ratio{st.of(o).cost, st.of(o).held}.of(d, true)
}

// take removes d of an origin and returns its cost.
func (st credits) take(o origin, d micros) micros {
	s, cost := st.of(o), st.cost(o, d)
	s.rate = ratio{s.cost, s.held}
	s.held, s.cost = s.held-d, max(s.cost-cost, 0)
	return cost
}

// back is the ratio that converts the remaining time to a lower plan: what the credits of that plan were
// before, per what they cost now.
func (st credits) back(plan catalog.Plan) (q ratio) {
	for o, s := range st {
		if o.plan == plan && s.held > 0 {
			q.num, q.den = q.num+s.held, q.den+s.cost
		}
	}
	return q
}

// highest is the highest plan of which time is held; empty for none.
func (r rates) highest(st credits) (top catalog.Plan) {
	for from, s := range st {
		if s.held > 0 && (top == "" || r.isAbove(from.plan, top)) {
			top = from.plan
		}
	}
	return top
}

// exchange converts time of one plan into time of another.
type exchange func(d micros, from, to catalog.Plan, up bool) micros

// reversal is the exchange that restores what was taken of an origin. It uses the ratio of the take-back as
// far as it is known, and present prices otherwise.
func (r rates) reversal(st credits, o origin) exchange {
	s := st.of(o)
	return func(d micros, from, to catalog.Plan, up bool) micros {
		switch {
		case from == o.plan && from != to && s.rate.den > 0:
			return s.rate.of(d, up)
		case to == o.plan && from != to && s.undo.den > 0:
			return s.undo.of(d, up)
		default:
			return r.convert(d, from, to, up)
		}
	}
}
