package conf

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestFileStem(t *testing.T) {
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
		if got := FileStem(mount); got != want {
			t.Errorf("%q: got %q, want %q", mount, got, want)
		}
	}
	for _, c := range []string{"a", "ü", "/b"} {
		long := "/" + strings.Repeat(c, 240/len(c))
		a, b := FileStem(long+"1"), FileStem(long+"2")
		if a == b || len(a) > maxStem || len(a) < 100 || !filepath.IsLocal(a) {
			t.Errorf("got %q and %q", a, b)
		}
	}
}
