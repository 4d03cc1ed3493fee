package clock

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var doubt = prometheus.NewDesc("relay_clock_doubt_seconds",
	"By how much the clock has leapt forward and is not believed yet where recordings and history are deleted for their age; 0: it is believed.", nil, nil)

// Describe and Collect implement prometheus.Collector.
func (c *Clock) Describe(to chan<- *prometheus.Desc) { to <- doubt }

func (c *Clock) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(doubt, prometheus.GaugeValue, float64(c.Doubt())/float64(time.Second))
}
