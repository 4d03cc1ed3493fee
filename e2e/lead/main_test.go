package lead

import (
	"testing"

	"relay/e2e/harness"
)

// All tests run at once: they need little CPU, and their programmes play in real time.
func TestMain(m *testing.M) {
	harness.PerCore = 10
	harness.Main(m)
}
