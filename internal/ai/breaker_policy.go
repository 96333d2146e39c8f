package ai

import (
	"context"
	"time"
)

// BreakerPolicy says when a Breaker opens and closes. The zero value is the default.
type BreakerPolicy struct {
	// Failures is how many in a row open it; default 5.
	Failures int
	// CoolDown is how long it stays open the first time, doubled with each probe that
	// fails; default 30 s.
	CoolDown time.Duration
	// MaxCoolDown caps CoolDown; default 5 min.
	MaxCoolDown time.Duration
	// Now is the clock; default time.Now.
	Now func() time.Time
	// OnFailure is told of each failure of a call that was let through, but of none that
	// the caller made by leaving; may be nil.
	OnFailure func(Kind)
	// OnMove is told when the end of a call opens or closes the breaker; may be nil. Calls that end at the
	// same time may tell in another order than they moved it.
	OnMove func(BreakerState)
}

func (p BreakerPolicy) withDefaults() BreakerPolicy {
	if p.Failures <= 0 {
		p.Failures = 5
	}
	p.CoolDown = orDefault(p.CoolDown, 30*time.Second)
	p.MaxCoolDown = max(orDefault(p.MaxCoolDown, 5*time.Minute), p.CoolDown)
	if p.Now == nil {
		p.Now = time.Now
	}
	return p
}

// kindOfEnd is the kind of a call that ended with err. A call that a Retrying streamer's watchdog ended
// looks cancelled to its adapter: it was the provider that was silent.
func kindOfEnd(ctx context.Context, err error) Kind {
	switch {
	case oursEnded(ctx):
		return Timeout
	case ctx.Err() != nil:
		return StopKind(ctx)
	default:
		return KindOf(err)
	}
}

// tellsOfHealth says whether a failure would meet the next call too, whatever it asked for. RateLimited
// does not: the provider works, and says itself when to come again. RegionBlocked
// does not, because providers answer so for single models too.
func tellsOfHealth(k Kind) bool {
	switch k {
	case Overloaded, Upstream, Interrupted, Timeout, Auth, QuotaExhausted:
		return true
	default:
		return false
	}
}
