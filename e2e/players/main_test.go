package players

import (
	"flag"
	"testing"
	"time"

	"relay/e2e/harness"
)

var stretchFlag = flag.Duration("stretch", 0, "listen for this `time` once the intervals between flushes have grown, with all players")

// grown is after how long the intervals between the flushes of a listener have grown.
const grown = 18 * time.Second

// stretch returns how long players listen once the intervals have grown.
func stretch() time.Duration {
	switch {
	case *stretchFlag > 0:
		return *stretchFlag
	case harness.Long():
		return 45 * time.Second
	}
	return 5 * time.Second
}

func TestMain(m *testing.M) {
	harness.PerCore = 32 // they do nothing but listen
	harness.Main(m)
}
