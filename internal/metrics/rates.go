package metrics

import "github.com/prometheus/client_golang/prometheus"

// WatchRates registers how many takes were decided without the shared store, and returns the function that
// counts a refused operation by the limit's name. It is called once.
func (m *Metrics) WatchRates(local func() int64) (refused func(limit string)) {
	limited := counters("weav_rate_limited_total", "Operations refused for their rate, by limit.", "limit")
	m.registry.MustRegister(limited, prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: "weav_rate_local_decisions_total", Help: "Takes this process decided on its own, as the shared store of rate limits did not answer."},
		func() float64 { return float64(local()) }))
	return func(limit string) { limited.WithLabelValues(limit).Inc() }
}
