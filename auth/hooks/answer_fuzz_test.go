package hooks

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzHookAnswer checks that only the value 1 is a yes, and that the time limit is a
// possible one.
func FuzzHookAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nicy-auth-user: 1\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\nicecast-auth-user: 1\r\nicecast-auth-timelimit: 60\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\nIcecast-Auth-User: 1\r\nIcecast-Auth-User: 0\r\n\r\n")
	f.Add("HTTP/1.1 403 no\r\nicecast-auth-user:\t1 \r\nicecast-auth-timelimit: -1\r\nicecast-auth-message: a\x1bb\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\nicecast-auth-user: 1\r\nicecast-auth-timelimit: 99999999999999999999\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), nil)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		values := answer.Header["Icecast-Auth-User"]
		clear := len(values) > 0
		for _, value := range values {
			clear = clear && strings.TrimSpace(value) == "1"
		}
		if saysYes(answer.Header) != clear {
			t.Errorf("%q is a yes: %v", values, !clear)
		}
		if limit := timeLimit(answer.Header); limit < 0 || limit%time.Second != 0 || limit > 1<<31*time.Second {
			t.Errorf("%v by %q", limit, answer.Header["Icecast-Auth-Timelimit"])
		}
		for _, text := range []string{printable(answer.Header.Get("Icecast-Auth-Message")), printable(answer.Status)} {
			if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) || len(text) > maxMessage+len("…") {
				t.Errorf("%q is shown to listeners", text)
			}
		}
	})
}
