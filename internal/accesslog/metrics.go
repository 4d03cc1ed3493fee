package accesslog

import (
	"github.com/prometheus/client_golang/prometheus"

	"relay/internal/fault"
)

var (
	errorsTotal = desc("errors_total", "How often a line of access.log or playlist.log could not be written, or the file not begun anew.")
	failing     = desc("failing_since_timestamp_seconds", "Since when that has failed; 0: it works.")
	lostTotal   = desc("lost_lines_total", "Lines of access.log and playlist.log that were lost.")
)

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("relay_access_log_"+name, help, []string{"log"}, nil)
}

// Describe and Collect implement prometheus.Collector. They do not wait for the disk. A
// log that is not configured never fails.
func (l *Logs) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{errorsTotal, failing, lostTotal} {
		to <- d
	}
}

func (l *Logs) Collect(to chan<- prometheus.Metric) {
	files := map[string]*logFile{"access": nil, "playlist": nil}
	if l != nil {
		files["access"], files["playlist"] = l.access, l.playlist
	}
	for name, b := range files {
		var s fault.State
		var lost int64
		if b != nil {
			s, lost = b.state(), b.missing.Load()
		}
		to <- prometheus.MustNewConstMetric(errorsTotal, prometheus.CounterValue, float64(s.Total), name)
		to <- prometheus.MustNewConstMetric(failing, prometheus.GaugeValue, s.Timestamp(), name)
		to <- prometheus.MustNewConstMetric(lostTotal, prometheus.CounterValue, float64(lost), name)
	}
}
