package ai

import (
	"context"
	"time"
)

// BreakerPolicy is when a Breaker opens and closes. The zero value is the default.
type BreakerPolicy struct {
	// Failures is how many consecutive failures open it; default 5.
	Failures int
	// CoolDown is how long it stays open the first time, doubled with each failed probe; default 30 s.
	CoolDown time.Duration
	// MaxCoolDown caps CoolDown; default 5 min.
	MaxCoolDown time.Duration
	// Now is the clock; default time.Now.
	Now func() time.Time
	// OnFailure is called for each failure of an admitted call, except when the caller cancelled it; may be
	// nil.
	OnFailure func(Kind)
	// OnMove is called when the end of a call opens or closes the breaker; may be nil. The calls for changes
	// at nearly the same time may come in another order than the changes.
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

// kindOfEnd is the kind of a call that ended with err. A call that the watchdog of a Retrying streamer ended
// looks cancelled to its adapter, although the provider was silent.
func kindOfEnd(ctx context.Context, err error) Kind {
	switch {
	case endedByLimit(ctx):
		return Timeout
	case ctx.Err() != nil:
		return StopKind(ctx)
	default:
		return KindOf(err)
	}
}

// isProviderFault reports whether a failure would affect the next call too, whatever it requests. RateLimited
// would not: the provider works, and states itself when to retry. RegionBlocked would not, because providers
// answer so for single models too.
func isProviderFault(k Kind) bool {
	switch k {
	case Overloaded, Upstream, Interrupted, Timeout, Auth, QuotaExhausted:
		return true
	default:
		return false
	}
}
