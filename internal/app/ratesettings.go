package app

import (
	"fmt"
	"net/netip"
)

// Rates are how often people may do things. Zero switches a limit off.
type Rates struct {
	// OperationsPerMinute counts all operations of a person, or of an address where nobody is signed
	// in, also those that turn out not to be valid (RATE_OPERATIONS_PER_MINUTE, default 600).
	OperationsPerMinute int
	// CostPerMinute counts the cost points of a person (RATE_COST_PER_MINUTE, default 5000).
	CostPerMinute int
	// AnonymousCostPerMinute counts the cost points of an address where nobody is signed in
	// (RATE_ANONYMOUS_COST_PER_MINUTE, default 1000).
	AnonymousCostPerMinute int
	// SignInsPerMinute and SignInsPerHour count sign-ins and refreshes of an address, whoever it is
	// (RATE_SIGN_INS_PER_MINUTE, default 10; RATE_SIGN_INS_PER_HOUR, default 100).
	SignInsPerMinute, SignInsPerHour int
	// PaidPerMinute and PaidPerHour count a person's mutations that call a provider or the gateway
	// (RATE_PAID_PER_MINUTE, default 60; RATE_PAID_PER_HOUR, default 1000).
	PaidPerMinute, PaidPerHour int
	// SubscriptionsPerMinute counts the subscriptions a person begins
	// (RATE_SUBSCRIPTIONS_PER_MINUTE, default 120).
	SubscriptionsPerMinute int
	// ForgedNoticesPerMinute counts an address's deliveries to the webhooks of gateways that no gateway signed
	// (RATE_FORGED_NOTICES_PER_MINUTE, default 30).
	ForgedNoticesPerMinute int
}

// rates reads the limits.
func (e *environment) rates() Rates {
	return Rates{
		OperationsPerMinute:    e.rate("RATE_OPERATIONS_PER_MINUTE", 600),
		CostPerMinute:          e.rate("RATE_COST_PER_MINUTE", 5000),
		AnonymousCostPerMinute: e.rate("RATE_ANONYMOUS_COST_PER_MINUTE", 1000),
		SignInsPerMinute:       e.rate("RATE_SIGN_INS_PER_MINUTE", 10),
		SignInsPerHour:         e.rate("RATE_SIGN_INS_PER_HOUR", 100),
		PaidPerMinute:          e.rate("RATE_PAID_PER_MINUTE", 60),
		PaidPerHour:            e.rate("RATE_PAID_PER_HOUR", 1000),
		SubscriptionsPerMinute: e.rate("RATE_SUBSCRIPTIONS_PER_MINUTE", 120),
		ForgedNoticesPerMinute: e.rate("RATE_FORGED_NOTICES_PER_MINUTE", 30),
	}
}

// prefixes reads networks, where an address stands for itself.
func (e *environment) prefixes(name string) []netip.Prefix {
	var out []netip.Prefix
	for _, v := range e.list(name) {
		p, err := prefix(v)
		if err != nil {
			e.fault("%s: %q is no network; write 172.16.0.0/12, or an address", name, v)
			continue
		}
		out = append(out, p)
	}
	return out
}

func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("network: %w", err)
	}
	return p.Masked(), nil
}
