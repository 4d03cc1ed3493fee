package journal

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
	return prometheus.NewDesc("relay_journal_"+name, help, []string{"journal"}, nil)
}

// Describe and Collect make the state of both logs Prometheus'. Nothing waits for the
// disk. A log that is not kept never fails.
func (j *Journal) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{errorsTotal, failing, lostTotal} {
		to <- d
	}
}

func (j *Journal) Collect(to chan<- prometheus.Metric) {
	books := map[string]*book{"access": nil, "playlist": nil}
	if j != nil {
		books["access"], books["playlist"] = j.access, j.playlist
	}
	for name, b := range books {
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
