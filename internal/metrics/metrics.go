// Package metrics counts what operators watch, for Prometheus. Labels come from closed sets, so that the
// number of series is bounded: no user, address or id is a label.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/weav-ai/weav/internal/errs"
)

// Metrics are the counters of one process.
type Metrics struct {
	registry        *prometheus.Registry
	operations      *prometheus.CounterVec
	subscriptions   *prometheus.GaugeVec
	sockets         prometheus.Gauge
	closes          *prometheus.CounterVec
	deltas          prometheus.Counter
	deltaBytes      prometheus.Counter
	replies         *prometheus.CounterVec
	replySeconds    prometheus.Histogram
	fallbacks       *prometheus.CounterVec
	jobs            *prometheus.CounterVec
	jobSeconds      *prometheus.HistogramVec
	attempts        *prometheus.CounterVec
	objects         *prometheus.CounterVec
	requests        *prometheus.CounterVec
	refusedCatalogs prometheus.Counter
	failures        *prometheus.CounterVec
	forged          *prometheus.CounterVec
}

// New returns counters at zero, registered in a registry of their own: a test may have several.
func New() *Metrics {
	m := &Metrics{
		registry:      prometheus.NewRegistry(),
		operations:    counters("weav_graphql_operations_total", "Queries and mutations by kind and error code (ok without one).", "kind", "code"),
		subscriptions: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "weav_subscriptions", Help: "Open subscriptions by field."}, []string{"field"}),
		sockets:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "weav_websockets", Help: "Open WebSockets."}),
		closes:        counters("weav_websocket_closes_total", "Closed WebSockets by close code.", "code"),
		deltas:        prometheus.NewCounter(prometheus.CounterOpts{Name: "weav_reply_deltas_total", Help: "Published pieces of live text."}),
		deltaBytes:    prometheus.NewCounter(prometheus.CounterOpts{Name: "weav_reply_delta_bytes_total", Help: "Bytes of published live text."}),
		replies:       counters("weav_replies_total", "Replies that ended, by status.", "status"),
		replySeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "weav_reply_seconds", Help: "Time from the storing of a reply to its end.",
			Buckets: prometheus.ExponentialBuckets(0.25, 2, 12),
		}),
		fallbacks: counters("weav_reply_fallbacks_total", "Replies put to another model as the first failed before anything was shown, by both models.", "model", "fallback"),
		jobs:      counters("weav_jobs_total", "Jobs that ended, by kind and status.", "kind", "status"),
		jobSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "weav_job_seconds", Help: "Time from the order of a job to its end, by kind.",
			Buckets: prometheus.ExponentialBuckets(0.25, 2, 14),
		}, []string{"kind"}),
		attempts:        counters("weav_job_failed_attempts_total", "Attempts at jobs that failed, by kind and failure code.", "kind", "code"),
		objects:         counters("weav_file_objects_total", "Stored objects that were put right, by what was done: deleted, stray, missing.", "what"),
		requests:        counters("weav_http_requests_total", "HTTP requests by route and status.", "route", "status"),
		refusedCatalogs: prometheus.NewCounter(prometheus.CounterOpts{Name: "weav_catalog_refused_total", Help: "Files of the catalogue that were refused for their faults."}),
		failures:        counters("weav_provider_failures_total", "Calls to providers that failed, by provider and kind of failure.", "provider", "kind"),
		forged:          counters("weav_payment_notices_forged_total", "Deliveries to the webhooks of payment gateways that the gateway did not sign, by gateway.", "gateway"),
	}
	m.registry.MustRegister(m.operations, m.subscriptions, m.sockets, m.closes, m.deltas, m.deltaBytes,
		m.replies, m.replySeconds, m.fallbacks, m.jobs, m.jobSeconds, m.attempts, m.objects, m.requests, m.failures, m.refusedCatalogs, m.forged,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// counters returns counters with labels.
func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// Handler serves scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// OperationEnded counts a query or mutation by its kind and error code.
func (m *Metrics) OperationEnded(kind string, code errs.Code) {
	if code == "" {
		code = "ok"
	}
	m.operations.WithLabelValues(kind, string(code)).Inc()
}

// SubscriptionStarted counts an open subscription until the function it returns is called.
func (m *Metrics) SubscriptionStarted(field string) (ended func()) {
	g := m.subscriptions.WithLabelValues(field)
	g.Inc()
	return g.Dec
}

// SocketOpened counts an open WebSocket.
func (m *Metrics) SocketOpened() { m.sockets.Inc() }

// SocketClosed counts a closed WebSocket.
func (m *Metrics) SocketClosed(code int) {
	m.sockets.Dec()
	m.closes.WithLabelValues(strconv.Itoa(code)).Inc()
}

// DeltaPublished counts a piece of live text.
func (m *Metrics) DeltaPublished(bytes int) {
	m.deltas.Inc()
	m.deltaBytes.Add(float64(bytes))
}

// ReplyEnded counts a reply.
func (m *Metrics) ReplyEnded(status string, took time.Duration) {
	m.replies.WithLabelValues(status).Inc()
	m.replySeconds.Observe(took.Seconds())
}

// ReplyFellBack counts a reply that was sent to another model.
func (m *Metrics) ReplyFellBack(model, fallback string) {
	m.fallbacks.WithLabelValues(model, fallback).Inc()
}

// JobEnded counts a job.
func (m *Metrics) JobEnded(kind, status string, took time.Duration) {
	m.jobs.WithLabelValues(kind, status).Inc()
	m.jobSeconds.WithLabelValues(kind).Observe(took.Seconds())
}

// AttemptFailed counts an attempt at a job that failed.
func (m *Metrics) AttemptFailed(kind, code string) { m.attempts.WithLabelValues(kind, code).Inc() }

// ObjectsRepaired counts stored objects that were deleted, found stray or marked missing.
func (m *Metrics) ObjectsRepaired(what string, n int) {
	m.objects.WithLabelValues(what).Add(float64(n))
}

// RequestEnded counts an HTTP request.
func (m *Metrics) RequestEnded(route string, status int) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
}

// NoticeForged counts a delivery to a gateway's webhook that the gateway did not sign.
func (m *Metrics) NoticeForged(gateway string) { m.forged.WithLabelValues(gateway).Inc() }

// WatchQueues registers the depth of each queue, which is read from the database at each scrape.
func (m *Metrics) WatchQueues(depths func(context.Context) (map[string]int64, error)) {
	m.registry.MustRegister(&queues{depths: depths, desc: prometheus.NewDesc("weav_queue_jobs", "Jobs that wait, by queue.", []string{"queue"}, nil)})
}

// WatchFailedPublishes registers how many events did not reach the bus.
func (m *Metrics) WatchFailedPublishes(count func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: "weav_feed_failed_publishes_total", Help: "Commits whose events did not reach the bus; readers found them in the table."},
		func() float64 { return float64(count()) }))
}

// queues collects the depth of queues.
type queues struct {
	depths func(context.Context) (map[string]int64, error)
	desc   *prometheus.Desc
}

// scrapeTimeout bounds the query of a scrape. Prometheus gives up after ten seconds by default.
const scrapeTimeout = 2 * time.Second

// Describe implements prometheus.Collector.
func (q *queues) Describe(ch chan<- *prometheus.Desc) { ch <- q.desc }

// Collect implements prometheus.Collector.
func (q *queues) Collect(ch chan<- prometheus.Metric) {
	// The interface gives no context to a scrape.
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout) //nolint:forbidigo // as the line above says
	defer cancel()
	depths, err := q.depths(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(q.desc, err)
		return
	}
	for name, n := range depths {
		ch <- prometheus.MustNewConstMetric(q.desc, prometheus.GaugeValue, float64(n), name)
	}
}
