package api

import (
	"strings"
	"testing"
)

func TestRecordingsAreListedAndDownloaded(t *testing.T) {
	s := newStation(t, house)
	type file struct {
		Name    string
		Size    int64
		Begun   string
		Running bool
	}
	got := read[list[file]](t, s.ask(t, "GET", "/mounts/live/recordings", "", operator), 200)
	if got.Total != 1 || got.Items[0] != (file{recorded, 16, "2026-01-02T03:04:05Z", false}) {
		t.Errorf("%+v", got)
	}
	if got := read[list[file]](t, s.ask(t, "GET", "/mounts/own/recordings", "", operator), 200); got.Total != 0 {
		t.Errorf("a mount that is not recorded has %+v", got)
	}
	path := "/mounts/live/recordings/" + recorded
	w := s.ask(t, "GET", path, "", operator)
	if w.Body.String() != "an hour of audio" || w.Header().Get("Content-Type") != "audio/mpeg" ||
		w.Header().Get("Content-Disposition") != "attachment; filename="+recorded || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%q, %v", w.Body, w.Header())
	}
	w = s.ask(t, "GET", path, "", operator, header("Range", "bytes=3-6"))
	if w.Code != 206 || w.Body.String() != "hour" || w.Header().Get("Content-Range") != "bytes 3-6/16" {
		t.Errorf("%d %q, %v", w.Code, w.Body, w.Header())
	}
	if w := s.ask(t, "GET", path, "", operator, header("Range", "bytes=99-")); w.Code != 416 {
		t.Errorf("a part that is not there: %d", w.Code)
	}
	if w := s.ask(t, "HEAD", path, "", operator); w.Code != 200 || w.Header().Get("Content-Length") != "16" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	for _, name := range []string{
		"..%2Frelay.toml", "..%2F..%2F..%2F..%2Fetc%2Fpasswd", "%2e%2e", "relay.toml", "live-2026-01-02T03-04-05Z.txt",
		strings.Replace(recorded, "live", "own", 1), "%00", recorded + "%00",
	} {
		refused(t, s.ask(t, "GET", "/mounts/live/recordings/"+name, "", operator), 404)
	}
	refused(t, s.ask(t, "GET", strings.Replace(path, "live", "own", 1), "", operator), 404)
}

func TestDownloadsAreFew(t *testing.T) {
	s := newStation(t, house)
	path := "/mounts/live/recordings/" + recorded
	s.downloads.Store(maxDownloads - 1)
	for range 3 {
		if w := s.ask(t, "GET", path, "", operator); w.Code != 200 {
			t.Fatalf("the last one there may be: %d", w.Code)
		}
	}
	s.downloads.Add(1)
	w := s.ask(t, "GET", path, "", operator)
	if refused(t, w, 503); w.Header().Get("Retry-After") == "" {
		t.Errorf("the head says %v", w.Header())
	}
	newDescription(t).fits(t, "/mounts/{mount}/recordings/{name}", "GET", w)
	if n := s.downloads.Load(); n != maxDownloads {
		t.Errorf("%d downloads", n)
	}
}
