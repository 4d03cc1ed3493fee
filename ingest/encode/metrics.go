package encode

import "github.com/prometheus/client_golang/prometheus"

var (
	conversionsNow    = prometheus.NewDesc("relay_conversions", "Inputs and tracks that are being brought to the format of their mount.", nil, nil)
	conversionsFailed = prometheus.NewDesc("relay_conversion_failures_total", "How often an encoder has failed that brings audio to the format of a mount.", nil, nil)
)

// Describe sends the descriptions of the metrics.
func (c *Converter) Describe(to chan<- *prometheus.Desc) {
	to <- conversionsNow
	to <- conversionsFailed
}

// Collect sends the metrics.
func (c *Converter) Collect(to chan<- prometheus.Metric) {
	ended := c.ended.Load() // before started, so that the difference is not negative
	to <- prometheus.MustNewConstMetric(conversionsNow, prometheus.GaugeValue, float64(c.started.Load()-ended))
	to <- prometheus.MustNewConstMetric(conversionsFailed, prometheus.CounterValue, float64(c.failed.Load()))
}
