package app_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/app/apptest"
)

// loaded reads settings.
func loaded(vars map[string]string) (app.Config, error) {
	return app.Load(func(name string) string { return vars[name] })
}

func TestRatesByDefault(t *testing.T) {
	t.Parallel()
	cfg, err := loaded(nil)
	want := app.Rates{
		OperationsPerMinute: 600, CostPerMinute: 5000, AnonymousCostPerMinute: 1000, SignInsPerMinute: 10, SignInsPerHour: 100,
		PaidPerMinute: 60, PaidPerHour: 1000, SubscriptionsPerMinute: 120, ForgedNoticesPerMinute: 30,
	}
	if err != nil || cfg.Rates != want {
		t.Errorf("rates %+v (%v), want %+v", cfg.Rates, err, want)
	}
	if len(cfg.TrustedProxies) != 0 {
		t.Errorf("%v are trusted, want nobody", cfg.TrustedProxies)
	}
}

// TestWideRatesAreAllRates looks that no limit was forgotten where tests widen them.
func TestWideRatesAreAllRates(t *testing.T) {
	t.Parallel()
	const wide = 1_000_000
	cfg, err := loaded(apptest.WideRates())
	if want := (app.Rates{wide, wide, wide, wide, wide, wide, wide, wide, wide}); err != nil || cfg.Rates != want {
		t.Errorf("rates %+v (%v), want %+v", cfg.Rates, err, want)
	}
}

func TestRateSettings(t *testing.T) {
	t.Parallel()
	for value, ok := range map[string]bool{"0": true, "1": true, "1000000": true, "-1": false, "1000001": false, "many": false} {
		cfg, err := loaded(map[string]string{"RATE_PAID_PER_HOUR": value})
		if ok != (err == nil) {
			t.Errorf("%s: %v", value, err)
		}
		if err != nil && !strings.Contains(err.Error(), "RATE_PAID_PER_HOUR must be a whole number from 0 to 1000000") {
			t.Errorf("%s: %v", value, err)
		}
		if value == "0" && cfg.Rates.PaidPerHour != 0 {
			t.Errorf("0 is %d", cfg.Rates.PaidPerHour)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"127.0.0.1, 172.16.0.0/12": {"127.0.0.1/32", "172.16.0.0/12"},
		"172.16.5.4/12,::1":        {"172.16.0.0/12", "::1/128"},
		"::ffff:10.0.0.1":          {"10.0.0.1/32"},
		"proxy.example.com":        nil,
		"10.0.0.0/33":              nil,
	} {
		cfg, err := loaded(map[string]string{"TRUSTED_PROXIES": value})
		if want == nil {
			if err == nil || !strings.Contains(err.Error(), "TRUSTED_PROXIES") {
				t.Errorf("%s: %v, want it refused", value, err)
			}
			continue
		}
		var networks []netip.Prefix
		for _, w := range want {
			networks = append(networks, netip.MustParsePrefix(w))
		}
		if err != nil || !slices.Equal(cfg.TrustedProxies, networks) {
			t.Errorf("%s: %v (%v), want %v", value, cfg.TrustedProxies, err, want)
		}
	}
}
