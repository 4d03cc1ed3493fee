package hls

import (
	"testing"

	"relay/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.PerCore = 16 // they wait for segments
	harness.Main(m)
}
