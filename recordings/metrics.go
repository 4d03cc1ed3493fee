package recordings

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"relay/internal/fault"
)

// There are no labels: hidden mounts must not be visible to everybody.
var (
	errorsTotal = desc("errors_total", "How often something could not be recorded.")
	failing     = desc("failing_since_timestamp_seconds", "Since when some mount has not been recorded that should be; 0: all are.")
	failingNow  = desc("failing", "Mounts that cannot be recorded now although they should be, and patterns whose folder cannot be used.")
	lostTotal   = desc("lost_seconds_total", "Audio that is missing in recordings.")
)

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("relay_recording_"+name, help, nil, nil)
}

// Describe and Collect implement prometheus.Collector. They do not wait for disks.
func (r *Recorder) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{errorsTotal, failing, failingNow, lostTotal} {
		to <- d
	}
}

func (r *Recorder) Collect(to chan<- prometheus.Metric) {
	r.mu.Lock()
	errors, troubled := r.errors.Load(), 0
	var oldest fault.State
	for _, h := range r.healths {
		now := h.state()
		errors += now.Total
		if now.Since.IsZero() {
			continue
		}
		troubled++
		if oldest.Since.IsZero() || now.Since.Before(oldest.Since) {
			oldest = now
		}
	}
	r.mu.Unlock()
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		to <- prometheus.MustNewConstMetric(d, kind, value)
	}
	put(errorsTotal, prometheus.CounterValue, float64(errors))
	put(failing, prometheus.GaugeValue, oldest.Timestamp())
	put(failingNow, prometheus.GaugeValue, float64(troubled))
	put(lostTotal, prometheus.CounterValue, float64(r.lost.Load())/float64(time.Second))
}
