package rewind

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"relay/internal/fault"
)

// There are no labels: hidden mounts must not be visible to everybody.
var (
	keptSeconds = desc("kept_seconds", "Audio in the rewinds of all mounts.")
	keptBytes   = desc("kept_bytes", "Size of the files of all rewinds.")
	lostTotal   = desc("lost_seconds_total", "Audio that is missing in rewinds.")
	errorsTotal = desc("errors_total", "How often something could not be kept.")
	failing     = desc("failing_since_timestamp_seconds", "Since when some mount has had no rewind that should have one; 0: all have.")
	failingNow  = desc("failing", "Mounts whose rewind cannot be kept now.")
)

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("relay_rewind_"+name, help, nil, nil)
}

// Describe and Collect implement prometheus.Collector. They do not wait for disks.
func (s *Shelf) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{keptSeconds, keptBytes, lostTotal, errorsTotal, failing, failingNow} {
		to <- d
	}
}

func (s *Shelf) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	var all Kept
	lost, errors, faults := s.lost, s.errors, 0
	var oldest fault.State
	for one := range s.stores {
		kept := one.Kept()
		all.Length += kept.Length
		all.Bytes += kept.Bytes
		lost += time.Duration(one.health.lost.sum.Load())
		now := one.Fault()
		errors += now.Total
		if now.Since.IsZero() {
			continue
		}
		faults++
		if oldest.Since.IsZero() || now.Since.Before(oldest.Since) {
			oldest = now
		}
	}
	s.mu.Unlock()
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		to <- prometheus.MustNewConstMetric(d, kind, value)
	}
	put(keptSeconds, prometheus.GaugeValue, all.Length.Seconds())
	put(keptBytes, prometheus.GaugeValue, float64(all.Bytes))
	put(lostTotal, prometheus.CounterValue, lost.Seconds())
	put(errorsTotal, prometheus.CounterValue, float64(errors))
	put(failing, prometheus.GaugeValue, oldest.Timestamp())
	put(failingNow, prometheus.GaugeValue, float64(faults))
}
