package recordings

import (
	"strings"
	"testing"
	"time"

	"relay/conf"
)

var began = time.Date(2026, 11, 23, 19, 4, 5, 0, time.UTC)

func TestFileNames(t *testing.T) {
	for mount, want := range map[string]string{
		"/live":              "live-2026-11-23T19-04-05Z",
		"/live.mp3":          "live.mp3-2026-11-23T19-04-05Z",
		"/dj/one":            "dj~one-2026-11-23T19-04-05Z",
		"/~dj":               "%7Edj-2026-11-23T19-04-05Z",
		"/.hidden":           "%2Ehidden-2026-11-23T19-04-05Z",
		`/a b:"c"\`:          "a%20b%3A%22c%22%5C-2026-11-23T19-04-05Z",
		"/café":              "caf%C3%A9-2026-11-23T19-04-05Z",
		"/" + long("a", 150): long("a", 150) + "-2026-11-23T19-04-05Z",
	} {
		if got := fileName(conf.FileStem(mount), began.In(time.FixedZone("", 7200)), 1); got != want {
			t.Errorf("%s: %s, want %s", mount, got, want)
		}
	}
	if got := fileName(conf.FileStem("/live"), began, 2); got != "live-2026-11-23T19-04-05Z-2" {
		t.Errorf("the second one is %s", got)
	}
}

func long(s string, bytes int) string { return strings.Repeat(s, bytes/len(s)) }

func TestOnlyOurNames(t *testing.T) {
	for file, ours := range map[string]bool{
		"live-2026-11-23T19-04-05Z.mp3":                      true,
		"live-2026-11-23T19-04-05Z.cue":                      true,
		"live-2026-11-23T19-04-05Z-2.mp3":                    true,
		"live-2026-11-23T19-04-05Z.mp3.bak":                  false,
		"live-2026-11-23T19-04-05Z.ogg":                      true,
		"live-2026-11-23T19-04-05Z.wav":                      false,
		"live-2026-13-23T19-04-05Z.mp3":                      false,
		"live-2026-11-23T19-04-05Z-0.mp3":                    false,
		"live-2026-11-23T19-04-05Z-edited.mp3":               false,
		"live-2026-11-23T19-04-05Z-2026-11-24T19-04-05Z.mp3": false, // of a mount with an unusual name
		"live.mp3-2026-11-23T19-04-05Z.mp3":                  false,
		"Live-2026-11-23T19-04-05Z.mp3":                      false,
		"live-.mp3":                                          false,
		"live.mp3":                                           false,
		".mp3":                                               false,
	} {
		if _, got := isNameOf("live", file); got != ours {
			t.Errorf("%s is ours: %v", file, got)
		}
	}
}

func FuzzFileNames(f *testing.F) {
	f.Add("/live", "/Live")
	f.Add("/a/b", "/a~b")
	f.Add("/a", "/a-2026-11-23T19-04-05Z")
	f.Add("/"+long("é", 200), "/"+long("é", 202))
	f.Add("/%2F", "/a%-0")
	f.Add("/...", "/con")
	f.Fuzz(func(t *testing.T, one, other string) {
		if conf.CheckMountName(one) != nil || conf.CheckMountName(other) != nil {
			return
		}
		s := conf.FileStem(one)
		if (s == conf.FileStem(other)) != (one == other) {
			t.Errorf("%q and %q are both %q", one, other, s)
		}
		if s == "" || len(s) > 150 || s[0] == '.' {
			t.Errorf("%q is %q", one, s)
		}
		for _, c := range []byte(s) {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~%", rune(c)) {
				t.Errorf("%q is %q", one, s)
			}
		}
		for _, number := range []int{1, 2, maxInASecond} {
			name := fileName(s, began, number)
			for _, ext := range []string{".mp3", sheetExt} {
				if got, ok := isNameOf(s, name+ext); !ok || got != name {
					t.Errorf("%q is not known as a file of %q", name+ext, one)
				}
				if _, ok := isNameOf(conf.FileStem(other), name+ext); ok != (one == other) {
					t.Errorf("%q is taken for a file of %q", name+ext, other)
				}
			}
		}
	})
}
