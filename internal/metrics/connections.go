package metrics

import "github.com/prometheus/client_golang/prometheus"

// WatchConnections returns the function that counts a connection refused because its address has too many.
func (m *Metrics) WatchConnections() (refused func()) {
	counter := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "weav_connections_refused_total", Help: "Connections and requests refused since their address had too many before sign-in.",
	})
	m.registry.MustRegister(counter)
	return counter.Inc
}
