package listeners

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"relay/mounts"
)

// metrics is what the writers measure of themselves.
type metrics struct {
	left      *prometheus.CounterVec
	flush     prometheus.Histogram
	firstByte prometheus.Histogram
}

func newMetrics() metrics {
	m := metrics{
		left: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "relay_listener_leaves_total", Help: "Listeners who have left, by reason.",
		}, []string{"reason"}),
		flush: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "relay_flush_duration_seconds",
			Help:    "How long it took to write to all listeners who were due at once; up to 0.025 there is time left.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1},
		}),
		firstByte: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "relay_first_byte_seconds",
			Help:    "From a listener's request to his burst.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	for _, reason := range mounts.Leavings { // a rate needs a zero to begin with
		if reason != mounts.LeftMoved { // he has not left the server
			m.left.WithLabelValues(reason)
		}
	}
	return m
}

func (m *metrics) flushed(began time.Time) { m.flush.Observe(time.Since(began).Seconds()) }

// Describe and Collect make the writers' metrics Prometheus'.
func (w *Writers) Describe(to chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{w.metrics.left, w.metrics.flush, w.metrics.firstByte} {
		c.Describe(to)
	}
}

func (w *Writers) Collect(to chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{w.metrics.left, w.metrics.flush, w.metrics.firstByte} {
		c.Collect(to)
	}
}
