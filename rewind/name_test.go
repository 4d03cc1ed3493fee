package rewind

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStem(t *testing.T) {
	for mount, want := range map[string]string{
		"/live":      "live",
		"/dj/one":    "dj~one",
		"/":          "%2F",
		"//":         "~",
		"/~":         "%7E",
		"/%2F":       "%252F",
		"/..":        "%2E.",
		"/../../etc": "%2E.~..~etc",
		"/.hidden":   "%2Ehidden",
		"/a b":       "a%20b",
		"/ü":         "%C3%BC",
		"/a.mp3":     "a.mp3",
		"/\x00":      "%00",
	} {
		if got := stem(mount); got != want {
			t.Errorf("%q: got %q, want %q", mount, got, want)
		}
	}
	long := "/" + strings.Repeat("ü", 200)
	a, b := stem(long+"a"), stem(long+"b")
	if a == b || len(a) > maxStem || !filepath.IsLocal(a) {
		t.Errorf("got %q and %q", a, b)
	}
}

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
