package history

import "github.com/prometheus/client_golang/prometheus"

var (
	errorsTotal = desc("errors_total", "How often the history could not be written.")
	failing     = desc("failing_since_timestamp_seconds", "Since when the history has not been written; 0: it is.")
	lostTotal   = desc("lost_entries_total", "Entries of the history that found no room while it could not be written, or written fast enough.")
	damagedNow  = desc("damaged_files", "Damaged files that were set aside and lie beside the history.")
	sizeNow     = desc("size_bytes", "Size of the file of the history; 0 without one.")
	sizeMost    = desc("size_limit_bytes", "How large it may grow; 0: there is no bound.")
)

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("relay_history_"+name, help, nil, nil)
}

// Describe and Collect implement prometheus.Collector. They never wait for the disk.
func (s *Store) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{errorsTotal, failing, lostTotal, damagedNow, sizeNow, sizeMost} {
		to <- d
	}
}

func (s *Store) Collect(to chan<- prometheus.Metric) {
	if s == nil {
		return
	}
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		to <- prometheus.MustNewConstMetric(d, kind, value)
	}
	now := s.fault.State()
	if since, hangs := s.hangs(); hangs && now.Since.IsZero() {
		now.Since = since
	}
	put(errorsTotal, prometheus.CounterValue, float64(now.Total))
	put(failing, prometheus.GaugeValue, now.Timestamp())
	put(lostTotal, prometheus.CounterValue, float64(s.forgotten.Load()+s.lost.Load()))
	s.mu.Lock()
	damaged := len(s.damaged)
	s.mu.Unlock()
	put(damagedNow, prometheus.GaugeValue, float64(damaged))
	put(sizeNow, prometheus.GaugeValue, float64(s.size.Load()))
	put(sizeMost, prometheus.GaugeValue, float64(s.conf.MaxSize))
}
