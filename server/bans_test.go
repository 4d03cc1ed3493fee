package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"relay/mounts"
)

// From a denied address nothing is answered but whether the server is well,
// whatever the method, the path and the login.
func TestDeniedAddressesAreAnsweredNothing(t *testing.T) {
	s := newServer(t, "[server]\ntrusted_proxies = ['127.0.0.1']\n[auth]\nsource_password = 'hackme'\nadmin_password = 'adminpass'\ndeny_ips = ['192.0.2.0/24']\n")
	l := listen(t)
	runServer(t, s, l)
	if _, err := s.registry.Attach("/live", mounts.Feed{Kind: mounts.Files}); err != nil {
		t.Fatal(err)
	}
	well := []string{"/healthz", "/readyz"}
	paths := append([]string{"/healthz/", "/healthz.m3u", "/api/v1/status", "/api/v1/events"}, well...)
	for _, row := range permissions {
		paths = append(paths, row.path)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "SOURCE", "STATS", "POKE"} {
		for _, path := range paths {
			for _, login := range []string{"admin:adminpass", "source:hackme"} {
				want := "403"
				if slices.Contains(well, path) && (method == http.MethodGet || method == http.MethodHead) {
					want = "200"
				}
				request := fmt.Sprintf("%s %s HTTP/1.0\r\nX-Forwarded-For: 192.0.2.7\r\nContent-Type: audio/mpeg\r\nAuthorization: Basic %s\r\n\r\n",
					method, strings.ReplaceAll(path, "#", "1"), base64.StdEncoding.EncodeToString([]byte(login)))
				if got := firstStatus(t, l.Addr(), request); got != want {
					t.Errorf("%s %s by %s: %s, want %s", method, path, login, got, want)
				}
			}
		}
	}
}
