package faults

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// A hook that decides about logins is unavailable for a while. DJs and players are
// told to come again, not that their password is wrong; clients that are connected
// notice nothing; and the hook is asked again when it is back.
func TestAHookThatIsAway(t *testing.T) {
	t.Parallel()
	addr := harness.FreePort(t)
	yes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("icecast-auth-user", "1") })
	serve := func() *http.Server {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		hook := &http.Server{Handler: yes}
		go hook.Serve(l)
		t.Cleanup(func() { hook.Close() })
		return hook
	}
	hook := serve()
	s := open(t, harness.Start(t, configuration+`
[[mount]]
name = "/hooked"
silence = true
listener_auth = { url = "http://`+addr+`/listener", stream_auth = "http://`+addr+`/dj" }
`))
	player := "GET /hooked HTTP/1.0\r\n\r\n"
	djs := []string{
		"SOURCE /hooked HTTP/1.0\r\nContent-Type: audio/mpeg\r\nAuthorization: " + harness.Basic("dj", "right") + "\r\n\r\n",
		"GET /admin/metadata?mode=updinfo&mount=/hooked&song=x HTTP/1.0\r\nAuthorization: " + harness.Basic("dj", "right") + "\r\n\r\n",
	}
	letIn := func() bool {
		conn := s.Dial(t)
		defer conn.Close()
		io.WriteString(conn, player)
		begin := make([]byte, len("HTTP/1.0 200"))
		io.ReadFull(conn, begin)
		return string(begin) == "HTTP/1.0 200"
	}
	harness.Eventually(t, "a listener to be let in", letIn)

	hook.Close()
	for range 20 {
		for _, request := range append(djs, player) {
			if answer := s.Exchange(t, request); !strings.HasPrefix(answer, "HTTP/1.0 503 ") || !strings.Contains(answer, "\r\nRetry-After: 5\r\n") {
				t.Fatalf("%q gets %q", request, answer)
			}
		}
		if answer := s.Exchange(t, "/hooked:dj:right\r\nicy-name: x\r\n\r\n"); !strings.HasPrefix(answer, "invalid password") {
			t.Fatalf("a SHOUTcast source gets %q", answer)
		}
	}
	if lines := s.Said("a hook does not answer"); lines < 1 || lines > 4 { // there are two hooks, each with at most one line a minute
		t.Errorf("%d lines in the log", lines)
	}
	if _, _, metrics := s.Get(t, "/metrics"); strings.Contains(metrics, `relay_hook_answers_total{answer="none"} 0`) {
		t.Error("failed requests are not counted")
	}

	serve()
	harness.Eventually(t, "a listener to be let in again", letIn)
	harness.Eventually(t, "the log to say so", func() bool { return strings.Contains(s.Log.String(), "a hook answers again") })
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}
