package billing

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
)

// micros is a span of time in microseconds, the precision of both databases.
type micros int64

// perDay is a day of 24 hours. Memberships count hours, so a change to summer time does not shorten one.
const perDay = micros(24 * time.Hour / time.Microsecond)

// text is the span as the timeline shows it.
func (m micros) text() errs.Text {
	days, rest := int64(m/perDay), time.Duration(m%perDay)*time.Microsecond
	if rest == 0 {
		return errs.Textf("%d days", days)
	}
	return errs.Textf("%d days and %s", days, rest.Round(time.Second))
}

// share is the part of days that a part of the price pays for, rounded down. The whole price pays for all
// days. Amounts computed as differences of shares add up without loss.
func share(days int, part, price int64) micros {
	if price <= 0 || part <= 0 {
		return 0
	}
	return micros(fraction(uint64(days)*uint64(perDay), uint64(min(part, price)), uint64(price), false))
}

// fraction is a × b ÷ c with a 128-bit product; a result beyond an int64 becomes the largest one. The
// products of prices and microseconds exceed 64 bits.
func fraction(a, b, c uint64, up bool) uint64 {
	hi, lo := bits.Mul64(a, b)
	if up {
		var carry uint64
		lo, carry = bits.Add64(lo, c-1, 0)
		hi += carry
	}
	if hi >= c {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, c)
	return min(q, math.MaxInt64)
}

// term is a user's membership and its end.
type term struct {
	plan catalog.Plan
	// ends is nil for a membership without end.
	ends *time.Time
	// since is when the membership began, without a gap; nil when it is unknown.
	since *time.Time
}

// isActive reports whether the membership has time left, or no end.
func (t term) isActive(now time.Time) bool {
	return t.plan != catalog.Free && (t.ends == nil || now.Before(*t.ends))
}

// isEndless reports whether the membership has no end, so that it can neither grow nor shrink.
func (t term) isEndless() bool { return t.plan != catalog.Free && t.ends == nil }

// left is the time until the end of a term that has one.
func (t term) left(now time.Time) micros { return micros(t.ends.UnixMicro() - now.UnixMicro()) }

// withLeft returns the term with the given time left.
func (t term) withLeft(left micros, now time.Time) term {
	ends := time.UnixMicro(now.UnixMicro() + int64(left)).UTC()
	t.ends = &ends
	return t
}

// rates convert time between plans by their prices. Each conversion is rounded to a microsecond, never in the
// user's favour, so that no sequence of grants and take-backs creates value.
type rates struct{ plans *membership.Plans }

// convert turns time of one plan into time of another with the same value.
func (r rates) convert(d micros, from, to catalog.Plan, up bool) micros {
	a, b := r.plans.Get(from), r.plans.Get(to)
	cost := uint64(b.Amount) * uint64(a.Days)
	if from == to || cost == 0 || d <= 0 {
		return d
	}
	return micros(fraction(uint64(d), uint64(a.Amount)*uint64(b.Days), cost, up))
}

// isAbove reports whether a is a higher plan than b.
func (r rates) isAbove(a, b catalog.Plan) bool { return r.rank(a) > r.rank(b) }

// rank is the position of a plan in the order of prices; -1 for an unknown one.
func (r rates) rank(p catalog.Plan) int {
	return slices.IndexFunc(r.plans.All(), func(one membership.Plan) bool { return one.Type == p })
}

// grant adds d of a plan. A higher plan replaces the present one, and the remaining time is converted into
// it. Time of a lower plan is converted into the present one. Both use the given exchange. A membership
// without end stays as it is.
func (r rates) grant(t term, plan catalog.Plan, d micros, by exchange, now time.Time) term {
	if !t.isActive(now) {
		return term{plan: plan, since: &now}.withLeft(d, now)
	}
	if t.ends == nil {
		return t
	}
	if t.since == nil {
		t.since = &now
	}
	left := t.left(now)
	if r.isAbove(plan, t.plan) {
		left, t.plan = by(left, t.plan, plan, false), plan
	}
	return t.withLeft(left+by(d, plan, t.plan, false), now)
}

// takeBack removes up to d of what an origin added, together with what it became in the present plan, and
// returns how much of d was removed.
//
// The term ends at once when nothing more is left. When no credit of the present plan remains, the rest is
// converted back to the highest plan that has one. st is modified and must not be used again.
func (r rates) takeBack(t term, st credits, own origin, d micros, now time.Time) (term, micros) {
	if !t.isActive(now) || t.ends == nil || d <= 0 {
		return t, 0
	}
	left, cost := t.left(now), st.cost(own, d)
	if cost >= left {
		return t.withLeft(0, now), min(d, ratio{st.of(own).held, st.of(own).cost}.of(left, false))
	}
	left -= st.take(own, d)
	if rest := r.highest(st); rest != "" && r.isAbove(t.plan, rest) {
		// Rounding down here and up in cost keeps the sum from growing.
		if q := st.back(rest); q.den > 0 {
			left = q.of(left, false)
		} else { // All remaining time is of unknown origin.
			left = r.convert(left, t.plan, rest, false)
		}
		t.plan = rest
	}
	return t.withLeft(left, now), d
}
