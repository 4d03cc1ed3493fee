package rewind

import (
	"testing"
	"time"
)

func TestReelName(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.FixedZone("", 3600))
	name := reelName(at, 17)
	if name != "2026-01-02T02-04-05.678Z-17" {
		t.Errorf("got %s", name)
	}
	if began, count, ok := parseReelName(name); !ok || !began.Equal(at) || count != 17 {
		t.Errorf("got %v, %d, %v", began, count, ok)
	}
	for _, other := range []string{
		"", "x", name + "x", "x" + name, "2026-01-02T02-04-05.678Z", "2026-01-02T02-04-05.678Z-0", "2026-01-02T02-04-05.678Z-017",
		"2026-13-02T02-04-05.678Z-1", "2026-01-02T02-04-05Z-1", "2026-01-02T02-04-05.678Z-9999999999999999999", "../2026-01-02T02-04-05.678Z-1",
	} {
		if _, _, ok := parseReelName(other); ok {
			t.Errorf("%q is a name", other)
		}
	}
}
