package app

import (
	"fmt"
	"net/netip"
)

// Rates are how often people may do things. Zero switches a limit off. Of people who are not signed in the address counts.
type Rates struct {
	// OperationsPerMinute counts all operations, those that turn out not to be valid among them.
	OperationsPerMinute    int `section:"Rate limits" env:"RATE_OPERATIONS_PER_MINUTE" envDefault:"600" min:"0" max:"1000000" help:"operations of a person or an address"`
	CostPerMinute          int `env:"RATE_COST_PER_MINUTE" envDefault:"5000" min:"0" max:"1000000" unit:"points of cost" help:"cost of a person's operations"`
	AnonymousCostPerMinute int `env:"RATE_ANONYMOUS_COST_PER_MINUTE" envDefault:"1000" min:"0" max:"1000000" unit:"points of cost" help:"cost of operations of an address where nobody is signed in"`
	// SignInsPerMinute and SignInsPerHour count refreshes too, also those of users who are signed in.
	SignInsPerMinute int `env:"RATE_SIGN_INS_PER_MINUTE" envDefault:"10" min:"0" max:"1000000" help:"sign-ins and refreshes of an address"`
	SignInsPerHour   int `env:"RATE_SIGN_INS_PER_HOUR" envDefault:"100" min:"0" max:"1000000" help:"the same in an hour"`
	PaidPerMinute    int `env:"RATE_PAID_PER_MINUTE" envDefault:"60" min:"0" max:"1000000" help:"a person's mutations that call a provider or the gateway of payments"`
	PaidPerHour      int `env:"RATE_PAID_PER_HOUR" envDefault:"1000" min:"0" max:"1000000" help:"the same in an hour"`
	// SubscriptionsPerMinute counts their starts.
	SubscriptionsPerMinute int `env:"RATE_SUBSCRIPTIONS_PER_MINUTE" envDefault:"120" min:"0" max:"1000000" help:"subscriptions that a person starts"`
	ForgedNoticesPerMinute int `env:"RATE_FORGED_NOTICES_PER_MINUTE" envDefault:"30" min:"0" max:"1000000" help:"an address's deliveries to the webhooks of gateways that no gateway signed"`
}

// prefixes reads the networks of a setting, where an address stands for itself.
func prefixes(setting, value string) (networks []netip.Prefix, faults []error) {
	for _, v := range list(value) {
		p, err := prefix(v)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %q is no network; write 172.16.0.0/12, or an address", setting, v))
			continue
		}
		networks = append(networks, p)
	}
	return networks, faults
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
