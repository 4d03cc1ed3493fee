package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"relay/mounts"
)

// open are the beginnings of the paths whose answers the pages of any site may read:
// either they need no login, or they are streams, which players in pages request.
var open = []string{
	"/status-json.xsl", "/server_version.xsl", "/7.html", "/7.xsl", "/stats", "/currentsong", "/played", "//", "/live", "/own", "/members", "/tokens", "/nothing", "/listen.",
	"/api/v1/status", "/api/v1/openapi.json", "/api/v1/mounts/live/titles",
}

func isOpen(path string) bool {
	for _, begin := range open {
		if strings.HasPrefix(path, begin) {
			return true
		}
	}
	return false
}

// A page of another site cannot read an answer that needs a login, nor make its
// visitors' browsers send a login.
func TestWhatPagesOfOthersMayRead(t *testing.T) {
	s := newServer(t, strings.Replace(permitted, "MEMBERS", "no-members", 1))
	s.Icecast.Music = noMusic{}
	l := listen(t)
	runServer(t, s, l)
	if _, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Files}); err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{"/api/v1/server": true, "/api/v1/session": true, "/api/v1/status": true, "/api/v1/mounts/live/titles": true}
	for _, row := range permissions {
		if row.method == http.MethodGet {
			paths[row.path] = true
		}
	}
	requests := 0
	for path := range paths {
		for _, login := range []string{"", "Authorization: Basic YWRtaW46YWRtaW5wYXNz\r\n", "Authorization: Basic YWRtaW46d3Jvbmc=\r\n"} {
			for _, origin := range []string{"", "Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n"} {
				requests++
				from := fmt.Sprintf("X-Forwarded-For: 10.1.%d.%d\r\n", requests>>8, requests&255)
				head := answerHead(t, l.Addr(), "GET "+path+" HTTP/1.0\r\n"+from+login+origin+"\r\n")
				readable := head.Header.Get("Access-Control-Allow-Origin") != ""
				if readable && !isOpen(path) {
					t.Errorf("%s with %q answers %s to the pages of all sites", path, login, head.Status)
				}
				if !readable && isOpen(path) {
					t.Errorf("%s with %q answers %s, which players in pages cannot read", path, login, head.Status)
				}
				if !readable && strings.HasPrefix(path, "/admin") && head.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" && head.StatusCode == http.StatusUnauthorized {
					t.Errorf("%s with %q: a page can tell %s from what others get", path, login, head.Status)
				}
				if head.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s takes a browser's logins along", path)
				}
			}
		}
		bare, _, _ := strings.Cut(path, "?")
		head := answerHead(t, l.Addr(), "OPTIONS "+bare+" HTTP/1.0\r\nOrigin: http://evil.example\r\n"+
			"Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n\r\n")
		if allowed := head.Header.Get("Access-Control-Allow-Headers"); strings.Contains(strings.ToLower(allowed), "authorization") || allowed == "*" {
			t.Errorf("the pages of all sites may send logins to %s", bare)
		}
		if strings.HasPrefix(bare, "/admin") && head.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a preflight for %s is granted", bare)
		}
	}
}

// answerHead sends a request and returns the head of the answer.
func answerHead(t *testing.T, addr net.Addr, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(conn, request)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	answer.Body.Close()
	return answer
}
