package api

import (
	"net/http"
	"strings"
	"testing"

	"relay/mounts"
)

// picture is the minimum that is recognised as PNG, and otherPicture is another one.
const (
	picture      = "\x89PNG\r\n\x1a\npicture"
	otherPicture = "\xff\xd8\xffpicture"
)

func TestCover(t *testing.T) {
	s := newStation(t, house)
	path := func(mount string) string {
		d, _ := s.detailOf(mount)
		return strings.TrimPrefix(d.Cover, prefix)
	}
	in := s.broadcast(t, "/live", "source", "One")
	if path("/live") != "" {
		t.Errorf("there is a cover at %s", path("/live"))
	}
	refused(t, s.ask(t, "GET", "/mounts/live/cover", ""), 404)

	in.SetCover(mounts.NewCover([]byte(picture)))
	first := path("/live")
	w := s.ask(t, "GET", first, "")
	h := w.Header()
	if w.Code != 200 || w.Body.String() != picture || h.Get("Content-Type") != "image/png" {
		t.Fatalf("%s is %d, %q, %q", first, w.Code, h, w.Body)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'none'",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if w := s.ask(t, "GET", first, "", header("If-None-Match", h.Get("ETag"))); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("asked again with the ETag %s: %d", h.Get("ETag"), w.Code)
	}
	if w := s.ask(t, "GET", first, "", header("Range", "bytes=0-0,0-0,0-0")); w.Code != 200 || w.Body.String() != picture {
		t.Errorf("a range is answered %d", w.Code)
	}
	in.SetCover(mounts.NewCover([]byte(otherPicture)))
	if path("/live") == first {
		t.Error("another picture has the same path")
	}
	if w := s.ask(t, "GET", first, "", header("If-None-Match", h.Get("ETag"))); w.Code != 200 || w.Body.String() != otherPicture || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("another picture: %d, %q", w.Code, w.Body)
	}
	refused(t, s.ask(t, "GET", "/mounts/live/cover?w=1", ""), 400)
	refused(t, s.ask(t, "GET", "/mounts/unknown/cover", ""), 404)
}

// The cover of a hidden mount is shown only to its logins.
func TestCoverOfAHiddenMount(t *testing.T) {
	s := newStation(t, house)
	s.broadcast(t, "/hidden", "source", "One").SetCover(mounts.NewCover([]byte(picture)))
	refused(t, s.ask(t, "GET", "/mounts/hidden/cover", ""), 404)
	cookie, _ := s.logIn(t, "source", "hackme", "/hidden")
	for _, with := range []sender{operator, cookie} {
		if w := s.ask(t, "GET", "/mounts/hidden/cover", "", with); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
	}
}
