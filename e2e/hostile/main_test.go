package hostile

import (
	"testing"

	"relay/e2e/harness"
)

func TestMain(m *testing.M) {
	if harness.RaceDetector {
		harness.PerCore = 2 // each has a crowd, and some have floods
	}
	harness.Main(m)
}
