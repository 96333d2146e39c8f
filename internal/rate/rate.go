// Package rate is the port to limits of how often a subject may do something.
//
// A limit is a bucket that holds Events and drains evenly within Per. A subject that was idle may do all
// Events at once, and from then on one every Per/Events. This is the generic cell rate algorithm in its form
// as a continuous leaky bucket, computed in integers, so that decisions are exact and equal in every adapter.
package rate

import (
	"context"
	"fmt"
	"time"
)

// Limiter decides whether a subject may do something now.
type Limiter interface {
	// Take charges n events to subject under each of limits, or none under any when one of them has no room.
	// Decision and charge are one step, also between processes that share a store. A charge beyond a limit's
	// Events counts as all of its Events, so that it passes an idle bucket instead of being refused for ever.
	// Limits are distinguished by all their fields, and each may occur once in a take. No limits allow
	// everything.
	//
	// It fails when the store does not answer, or when n or a limit is not valid. After a store failure it is
	// unknown whether something was charged.
	Take(ctx context.Context, subject string, n int, limits ...Limit) (Decision, error)
}

// Limit is how many events are allowed in a time, which is also how many may come at once.
type Limit struct {
	// Name identifies the limit to users.
	Name string
	// Events is at least 1.
	Events int
	// Per is at least a microsecond; fractions of a microsecond do not count.
	Per time.Duration

	// weight is how many events each of a take counts as, less one: so the zero Limit counts each as one.
	weight int
}

// Times returns a limit that charges n events for each one taken, on the same bucket as l. So one take can
// charge several limits differently. n is at least 1.
func (l Limit) Times(n int) Limit {
	l.weight = n - 1
	return l
}

// Bucket returns l without its weight: the key under which adapters store the level.
func (l Limit) Bucket() Limit {
	l.weight = 0
	return l
}

// Decision is the result of a take.
type Decision struct {
	// Allowed says that everything was charged; else nothing was.
	Allowed bool
	// Limit is the one that decided: of those without room the one with the longest wait, else the one with
	// the fewest events left. It is zero when there are no limits.
	Limit Limit
	// Remaining is how many events Limit would allow at once after this take.
	Remaining int
	// RetryAfter is how long a refused take must wait if nothing else is taken meanwhile; zero when it was
	// allowed.
	RetryAfter time.Duration
}

// Check returns what is wrong with a take.
func Check(n int, limits []Limit) error {
	if n < 1 {
		return fmt.Errorf("rate: %d events cannot be taken", n)
	}
	for i, l := range limits {
		if l.Events < 1 || l.Per < time.Microsecond || l.weight < 0 {
			return fmt.Errorf("rate: the limit %q of %d events in %s is none", l.Name, l.Events, l.Per)
		}
		if l.Events > maxEvents || int64(l.Events) > maxLevel/l.window() {
			return fmt.Errorf("rate: the limit %q of %d events in %s is too large to count", l.Name, l.Events, l.Per)
		}
		for _, other := range limits[:i] {
			if other.Bucket() == l.Bucket() {
				return fmt.Errorf("rate: the limit %q stands twice in a take", l.Name)
			}
		}
	}
	return nil
}
