package hostile

import (
	"testing"

	"relay/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.PerCore = 2 // each has a crowd, and some of them floods
	if harness.RaceDetector {
		harness.PerCore = 1
	}
	harness.Main(m)
}
