package harness

import (
	"strconv"
	"strings"
)

// Metric returns the value of a series in Prometheus' text format, and whether it
// exists. series is the name with all its labels.
func Metric(metrics, series string) (float64, bool) {
	for line := range strings.Lines(metrics) {
		if rest, found := strings.CutPrefix(line, series+" "); found {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return v, err == nil
		}
	}
	return 0, false
}
