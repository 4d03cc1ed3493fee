package server

import (
	"net/http/httptest"
	"strings"
	"testing"

	"relay/mounts"
)

// The addresses that directories and players keep for good lead to mounts that exist,
// and other addresses to none.
func TestWhichStreamARequestIsFor(t *testing.T) {
	s := newServer(t, "server.shoutcast_mount = '/show'\n[[mount]]\nname = '/secret'\nhidden = true\n")
	defer s.Registry.Close()
	for _, mount := range []string{"/a", "/live", "/live.mp3", "/show", "/odd;name", "/secret", "/a/b"} {
		if _, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.LiveSource}); err != nil {
			t.Fatal(err)
		}
	}
	const browser, player = "Accept: text/html,*/*", "Icy-MetaData: 1"
	for _, tt := range []struct{ path, header, want string }{
		{"/live", "", "/live"}, {"/live/", "", "/live"}, {"/live/;", "", "/live"}, {"/live;", "", "/live"}, {"/live;stream.mp3", "", "/live"},
		{"/live/;stream.mp3", "", "/live"}, {"/live/;stream.nsv", "", "/live"}, {"//live", "", "/live"}, {"//live//", "", "/live"}, {"/live?x", "", "/live"},
		{"/live.mp3;", "", "/live.mp3"}, {"/live/;?type=http&nocache=5", "", "/live"}, {"/a/b/;", "", "/a/b"}, {"/a//b", "", "/a/b"},
		{"/odd;name", "", "/odd;name"}, // a mount with exactly this name comes first
		{"/;", "", "/show"}, {"/;stream.mp3", "", "/show"}, {"//;", "", "/show"}, {"/;", browser, "/show"},
		{"/stream/1/", "", "/show"}, {"/stream/1", "", "/show"}, {"/stream/2/", "", "/a"}, {"/stream/1/;", "", "/show"},
		{"/stream/0/", "", ""}, {"/stream/9/", "", ""}, {"/stream/-1/", "", ""}, {"/stream/x/", "", ""}, {"/stream/1/2", "", ""},
		{"/", player, "/show"}, {"//", player, "/show"}, {"/", "", ""}, {"/", browser, ""}, {"/", player + "\r\n" + browser, ""}, {"/", "User-Agent: curl/8", ""},
		{"/secret", "", "/secret"}, {"/secret/;", "", "/secret"},
		{"/nothere", "", ""}, {"/nothere/;", "", ""}, {"/nothere/", player, ""}, {"/admin/", "", ""}, {"/admin/;", player, ""}, {"//admin/", "", ""}, {"/api/v1/;", "", ""},
		{"/LIVE/", "", ""}, {"/./live", "", ""}, {"/x/../live", "", ""},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		req.URL.Path = tt.path
		for line := range strings.SplitSeq(tt.header, "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			req.Header.Set(name, value)
		}
		got := ""
		if m := s.mount(req); m != nil {
			got = m.Name
		}
		if got != tt.want {
			t.Errorf("%s with %q: %q, want %q", tt.path, tt.header, got, tt.want)
		}
	}
}
