package billing

import (
	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
)

// origin is where time of a membership came from; gifts have no payment.
type origin struct {
	plan    catalog.Plan
	payment oid.Payment
}

// ratio is what time is turned into by: num for each den.
type ratio struct{ num, den micros }

func (q ratio) of(d micros, up bool) micros {
	if q.den <= 0 || d <= 0 {
		return 0
	}
	return micros(fraction(uint64(d), uint64(max(q.num, 0)), uint64(q.den), up))
}

// stake is what one origin put into the present, unbroken membership and was not taken back, used up or not.
type stake struct {
	// held is time of what was bought; cost is what that makes in the present membership.
	held, cost micros
	// rate is cost for held as of when something of it was last taken.
	rate ratio
	// undo turns the time left into the membership that it was before this stake was taken; zero for none.
	undo ratio
}

// stakes are those of a membership. What a conversion made of time is read from the history, never reckoned anew: prices may have
// changed since, and a take-back must undo what the grant did.
type stakes map[origin]*stake

// stakesOf replays the changes of a membership since it began, the oldest first.
func stakesOf(r rates, rows []*ent.MembershipChange) stakes {
	st := stakes{}
	var before *ent.MembershipChange // nil where the membership begins, whatever time of no known origin it began with
	for _, c := range rows {
		switch {
		case c.ExpiresAfter == nil: // It has no end: nothing was added.
		case !c.ExpiresAfter.After(c.CreatedAt): // It ended here.
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

func (st stakes) of(o origin) *stake {
	if st[o] == nil {
		st[o] = &stake{}
	}
	return st[o]
}

// originOf is where a change's time came from.
func originOf(c *ent.MembershipChange) origin {
	o := origin{plan: catalog.Plan(c.Plan)}
	if c.PaymentID != nil {
		o.payment = *c.PaymentID
	}
	return o
}

// leftBehind is the time left behind a change; leftBefore what had been left when it came.
func leftBehind(c *ent.MembershipChange) micros {
	return micros(c.ExpiresAfter.UnixMicro() - c.CreatedAt.UnixMicro())
}

func leftBefore(c, before *ent.MembershipChange) micros {
	return micros(before.ExpiresAfter.UnixMicro() - c.CreatedAt.UnixMicro())
}

func (st stakes) replayGrant(r rates, c, before *ent.MembershipChange) {
	own, d := st.of(originOf(c)), micros(c.Micros)
	added := d
	switch {
	case before == nil || before.ExpiresAfter == nil:
		added = r.convert(d, catalog.Plan(c.Plan), catalog.Plan(c.TypeAfter), true)
	case c.TypeAfter != before.TypeAfter: // A higher one took over.
		st.scale(ratio{leftBehind(c) - d, leftBefore(c, before)})
	default:
		added = leftBehind(c) - leftBefore(c, before)
	}
	own.held, own.cost = own.held+d, own.cost+added
}

func (st stakes) replayTake(c, before *ent.MembershipChange) {
	own := originOf(c)
	cost := st.take(own, -micros(c.Micros))
	if before == nil || before.ExpiresAfter == nil || c.TypeAfter == before.TypeAfter {
		return
	}
	back := ratio{leftBehind(c), leftBefore(c, before) - cost} // What was left turned back into a lower one.
	st.scale(back)
	st.of(own).undo = ratio{back.den, back.num}
	for o, s := range st {
		if o.plan == catalog.Plan(c.TypeAfter) {
			s.cost, s.rate = s.held, ratio{1, 1}
		}
	}
}

// scale follows a conversion of all the time there is.
func (st stakes) scale(q ratio) {
	for _, s := range st {
		s.cost, s.rate.num, s.undo = q.of(s.cost, true), q.of(s.rate.num, true), ratio{}
	}
}

// cost is what d of an origin makes in the present membership.
func (st stakes) cost(o origin, d micros) micros {
	return ratio{st.of(o).cost, st.of(o).held}.of(d, true)
}

// take takes d of an origin and tells its cost.
func (st stakes) take(o origin, d micros) micros {
	s, cost := st.of(o), st.cost(o, d)
	s.rate = ratio{s.cost, s.held}
	s.held, s.cost = s.held-d, max(s.cost-cost, 0)
	return cost
}

// back is what turns the time left back into a lower membership: as much of it as the stakes in it were.
func (st stakes) back(plan catalog.Plan) (q ratio) {
	for o, s := range st {
		if o.plan == plan && s.held > 0 {
			q.num, q.den = q.num+s.held, q.den+s.cost
		}
	}
	return q
}

// highest is the highest membership of which something is held; empty when there is none.
func (r rates) highest(st stakes) (top catalog.Plan) {
	for from, s := range st {
		if s.held > 0 && (top == "" || r.isAbove(from.plan, top)) {
			top = from.plan
		}
	}
	return top
}

// exchange turns time of one membership into time of another.
type exchange func(d micros, from, to catalog.Plan, up bool) micros

// again is the exchange by which what was taken of an origin is given again: that by which it was taken, as far as it is known.
func (r rates) again(st stakes, o origin) exchange {
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
