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

// micros is a span of time in microseconds, which is how exactly the databases keep times.
type micros int64

// perDay is a day of 24 hours.
const perDay = micros(24 * time.Hour / time.Microsecond)

// text is the span as the timeline tells it.
func (m micros) text() errs.Text {
	days, rest := int64(m/perDay), time.Duration(m%perDay)*time.Microsecond
	if rest == 0 {
		return errs.Textf("%d days", days)
	}
	return errs.Textf("%d days and %s", days, rest.Round(time.Second))
}

// share is the part of days that part of a price pays for, rounded down; the whole price pays for all of them. Parts
// reckoned as differences of shares add up without a loss.
func share(days int, part, price int64) micros {
	if price <= 0 || part <= 0 {
		return 0
	}
	return micros(fraction(uint64(days)*uint64(perDay), uint64(min(part, price)), uint64(price), false))
}

// fraction is a × b ÷ c, by 128 bits in between; a result beyond an int64 is the greatest one.
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

// term is what somebody is a member of, and until when.
type term struct {
	plan catalog.Plan
	// ends is nil for a membership without end.
	ends *time.Time
	// since is when it began, without a gap; nil when nobody knows.
	since *time.Time
}

// isActive says whether time of it is left, or it has no end.
func (t term) isActive(now time.Time) bool {
	return t.plan != catalog.Free && (t.ends == nil || now.Before(*t.ends))
}

// isEndless says whether it can neither grow nor shrink.
func (t term) isEndless() bool { return t.plan != catalog.Free && t.ends == nil }

func (t term) left(now time.Time) micros { return micros(t.ends.UnixMicro() - now.UnixMicro()) }

// lasting is the term with so much time left.
func (t term) lasting(left micros, now time.Time) term {
	ends := time.UnixMicro(now.UnixMicro() + int64(left)).UTC()
	t.ends = &ends
	return t
}

// rates know what time of one membership is worth in time of another. Where value is turned from one into the other it is
// rounded to a microsecond, never in the person's favour: no order of grants and take-backs makes value.
type rates struct{ plans *membership.Plans }

// convert turns time of one membership into time of another.
func (r rates) convert(d micros, from, to catalog.Plan, up bool) micros {
	a, b := r.plans.Get(from), r.plans.Get(to)
	cost := uint64(b.Amount) * uint64(a.Days)
	if from == to || cost == 0 || d <= 0 {
		return d
	}
	return micros(fraction(uint64(d), uint64(a.Amount)*uint64(b.Days), cost, up))
}

// isAbove says whether a is a higher membership than b.
func (r rates) isAbove(a, b catalog.Plan) bool { return r.rank(a) > r.rank(b) }

func (r rates) rank(p catalog.Plan) int {
	return slices.IndexFunc(r.plans.All(), func(one membership.Plan) bool { return one.Type == p })
}

// grant adds d of a membership. A higher one takes over, and the time left is turned into it; d of a lower one
// is turned into the present one, both by an exchange. A membership without end stays as it is.
func (r rates) grant(t term, plan catalog.Plan, d micros, by exchange, now time.Time) term {
	if !t.isActive(now) {
		return term{plan: plan, since: &now}.lasting(d, now)
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
	return t.lasting(left+by(d, plan, t.plan, false), now)
}

// takeBack takes d of what an origin put into the term from the time left, as much as it made there, and tells how much of d there was
// to take: the term ends at once when there was no more than that. When nothing of the present membership is held any more, what is
// left turns back into the highest that is. st is used up.
func (r rates) takeBack(t term, st stakes, own origin, d micros, now time.Time) (term, micros) {
	if !t.isActive(now) || t.ends == nil || d <= 0 {
		return t, 0
	}
	left, cost := t.left(now), st.cost(own, d)
	if cost >= left {
		return t.lasting(0, now), min(d, ratio{st.of(own).held, st.of(own).cost}.of(left, false))
	}
	left -= st.take(own, d)
	if rest := r.highest(st); rest != "" && r.isAbove(t.plan, rest) {
		if q := st.back(rest); q.den > 0 {
			left = q.of(left, false)
		} else { // Only time of no known origin is left.
			left = r.convert(left, t.plan, rest, false)
		}
		t.plan = rest
	}
	return t.lasting(left, now), d
}
