package metrics

import "github.com/prometheus/client_golang/prometheus"

// ProviderFailed counts a call to a provider that failed.
func (m *Metrics) ProviderFailed(provider, kind string) {
	m.failures.WithLabelValues(provider, kind).Inc()
}

// The states of a provider's breaker, as weav_provider_breaker_state shows them.
const (
	BreakerClosed   = 0
	BreakerHalfOpen = 1
	BreakerOpen     = 2
)

// WatchBreakers registers the state of each provider's breaker, read at each scrape. It is called once.
func (m *Metrics) WatchBreakers(states func() map[string]float64) {
	m.registry.MustRegister(&breakers{states: states, desc: prometheus.NewDesc(
		"weav_provider_breaker_state", "Whether calls to a provider are held back: 0 closed (they pass), 1 half open (one at a time), 2 open.",
		[]string{"provider"}, nil)})
}

// breakers collects the state of breakers.
type breakers struct {
	states func() map[string]float64
	desc   *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (b *breakers) Describe(ch chan<- *prometheus.Desc) { ch <- b.desc }

// Collect implements prometheus.Collector.
func (b *breakers) Collect(ch chan<- prometheus.Metric) {
	for provider, state := range b.states() {
		ch <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, state, provider)
	}
}
