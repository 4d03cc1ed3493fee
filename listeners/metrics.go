package listeners

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"relay/mounts"
)

// metrics are the measurements of the writers themselves.
type metrics struct {
	left      *prometheus.CounterVec
	flush     prometheus.Histogram
	stretch   prometheus.GaugeFunc
	firstByte prometheus.Histogram
}

// newMetrics returns the measurements; stretch is that of the intervals, in per cent.
func newMetrics(stretch func() int64) metrics {
	m := metrics{
		left: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "relay_listener_leaves_total", Help: "Listeners that have left, by reason.",
		}, []string{"reason"}),
		flush: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "relay_flush_duration_seconds",
			Help:    "Time to write to all listeners that were due at once; up to 0.025 the writers keep up.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1},
		}),
		stretch: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "relay_flush_stretch_ratio",
			Help: "How much longer than wanted the intervals between flushes are because the writers have too much to do; 1: not longer, 2: the most.",
		}, func() float64 { return float64(stretch()) / unstretched }),
		firstByte: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "relay_first_byte_seconds",
			Help:    "From a listener's request to its burst.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	for _, reason := range mounts.DisconnectReasons { // rate() needs a first sample at 0
		if reason != mounts.LeftMoved { // a moved listener stays on the server
			m.left.WithLabelValues(reason)
		}
	}
	return m
}

func (m *metrics) flushed(began time.Time) { m.flush.Observe(time.Since(began).Seconds()) }

// Describe and Collect implement prometheus.Collector.
func (w *Writers) Describe(to chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{w.metrics.left, w.metrics.flush, w.metrics.stretch, w.metrics.firstByte} {
		c.Describe(to)
	}
}

func (w *Writers) Collect(to chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{w.metrics.left, w.metrics.flush, w.metrics.stretch, w.metrics.firstByte} {
		c.Collect(to)
	}
}
