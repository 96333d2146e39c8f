package rate

import "time"

// Levels of buckets are counted in events times microseconds: a bucket drains by Events each microsecond, and
// one event fills it by the microseconds of Per. So no division is needed and nothing is rounded.
const (
	// maxLevel bounds the level of a full bucket. A level plus a charge is then an integer below 2^53, which
	// float64 represents exactly; Redis computes with float64.
	maxLevel = 1 << 52
	// maxEvents bounds the product of two counts of events to an int64.
	maxEvents = 1 << 30
)

// window is Per in microseconds.
func (l Limit) window() int64 { return l.Per.Microseconds() }

// Full is the level of a full bucket.
func (l Limit) Full() int64 { return int64(l.Events) * l.window() }

// Charge is what a take of n events adds to the level, at most a full bucket.
func (l Limit) Charge(n int) int64 {
	n = min(n, l.Events)
	weight := min(l.weight, l.Events-1) + 1
	return min(int64(n)*int64(weight), int64(l.Events)) * l.window()
}

// Drained is the level after a time. A negative time, after a clock went back, drains nothing.
func (l Limit) Drained(level, micros int64) int64 {
	switch {
	case micros <= 0:
		return level
	case micros >= l.window():
		return 0 // No bucket is ever more than full.
	default:
		return max(0, level-micros*int64(l.Events))
	}
}

// Weigh decides a take of n events by the levels of the limits' buckets before it. Both adapters call it, so
// they decide alike.
func Weigh(n int, limits []Limit, levels []int64) Decision {
	allowed, refused := Decision{Allowed: true}, Decision{}
	for i, l := range limits {
		free := l.Full() - levels[i]
		if missing := l.Charge(n) - free; missing > 0 {
			if wait := l.drains(missing); wait > refused.RetryAfter {
				refused = Decision{Limit: l.Bucket(), Remaining: int(free / l.window()), RetryAfter: wait}
			}
			continue
		}
		if left := int((free - l.Charge(n)) / l.window()); i == 0 || left < allowed.Remaining {
			allowed.Limit, allowed.Remaining = l.Bucket(), left
		}
	}
	if refused.RetryAfter > 0 {
		return refused
	}
	return allowed
}

// drains is how long a bucket takes to drain by an amount, rounded up: a retry after that time is allowed.
func (l Limit) drains(amount int64) time.Duration {
	events := int64(l.Events)
	return time.Duration((amount+events-1)/events) * time.Microsecond
}
