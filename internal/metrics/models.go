package metrics

import "github.com/prometheus/client_golang/prometheus"

// CatalogRefused counts a catalogue file that was refused because of its faults.
func (m *Metrics) CatalogRefused() { m.refusedCatalogs.Inc() }

// WatchModelWarnings registers models that ended or end soon, read at each scrape: their codes by id. It is
// called once.
func (m *Metrics) WatchModelWarnings(codes func() map[string]string) {
	m.registry.MustRegister(&modelWarnings{codes: codes, desc: prometheus.NewDesc(
		"weav_model_warnings", "Models of the catalogue that their provider ended (GONE) or ends within 30 days (ENDING): 1 each.",
		[]string{"model", "code"}, nil)})
}

// modelWarnings collects warnings.
type modelWarnings struct {
	codes func() map[string]string
	desc  *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (w *modelWarnings) Describe(ch chan<- *prometheus.Desc) { ch <- w.desc }

// Collect implements prometheus.Collector.
func (w *modelWarnings) Collect(ch chan<- prometheus.Metric) {
	for model, code := range w.codes() {
		ch <- prometheus.MustNewConstMetric(w.desc, prometheus.GaugeValue, 1, model, code)
	}
}
