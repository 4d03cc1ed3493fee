package harness

import (
	"strconv"
	"strings"
)

// Metric returns the value of a series in Prometheus' text form, and whether it is
// there.
func Metric(metrics, series string) (float64, bool) {
	for line := range strings.Lines(metrics) {
		if rest, found := strings.CutPrefix(line, series+" "); found {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return v, err == nil
		}
	}
	return 0, false
}
