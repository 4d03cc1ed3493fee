package server

import (
	"net/netip"
	"testing"

	"relay/mounts"
)

// A listener that a full mount sends to another mount needs the login of that mount.
func TestFullMountsOpenNoOthers(t *testing.T) {
	const secret = `listener_auth.token_secret = "sixteen or more of them"`
	s := newServer(t, `
[server]
trusted_proxies = ["127.0.0.1"]
[[mount]]
name = "/open"
max_listeners = 1
fallback_full = "/closed"
[[mount]]
name = "/members"
max_listeners = 1
fallback_full = "/closed"
`+secret+`
[[mount]]
name = "/closed"
`+secret+`
[[mount]]
name = "/both"
max_listeners = 1
fallback_full = "/free"
`+secret+`
[[mount]]
name = "/free"
`)
	l := listen(t)
	runServer(t, s, l)
	for _, mount := range []string{"/open", "/members", "/closed", "/both", "/free"} {
		if _, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Files}); err != nil {
			t.Fatal(err)
		}
		if m := s.Registry.Find(mount); m.Config().MaxListeners > 0 {
			if err := m.Audience.Join(&mounts.Listener{Addr: netip.MustParseAddr("192.0.2.1")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path, want := range map[string]string{
		"/open":                               "403",
		"/open?token=" + token("/open"):       "403",
		"/open?token=" + token("/closed"):     "200",
		"/members":                            "401",
		"/members?token=" + token("/members"): "200", // both have the same secret
		"/both?token=" + token("/both"):       "200",
	} {
		if got := firstStatus(t, l.Addr(), "GET "+path+" HTTP/1.0\r\n\r\n"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
