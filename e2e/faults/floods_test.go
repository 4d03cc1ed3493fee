package faults

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"relay/e2e/harness"
)

// Requests from outside are logged at once, and cannot fill the log.
func TestTheLogIsNotFilledFromOutside(t *testing.T) {
	for _, c := range []struct {
		name, request, line string
		more                string // added to the configuration
	}{
		{"players at a full server", "GET /live HTTP/1.0\r\nUser-Agent: flood\r\n\r\n", "listener refused", fmt.Sprintf("[limits]\nlisteners = %d\n", crowd)},
		{"wrong logins of sources", "PUT /live HTTP/1.0\r\nAuthorization: " + harness.Basic("source", "{n}") + "\r\n\r\n", "source refused", ""},
		{"sources without a login", "SOURCE /live ICE/1.0\r\n\r\n", "source refused", ""},
		{"wrong passwords of SHOUTcast", "wrong{n}\r\nicy-name: x\r\n\r\n", "source refused", ""},
		{"commands without a login", "GET /admin/stats HTTP/1.0\r\n\r\n", "login refused", ""},
		{"wrong logins at the API", "GET /api/v1/server HTTP/1.0\r\nAuthorization: " + harness.Basic("admin", "wrong") + "\r\n\r\n", "login refused", ""},
		{"what is no request", "GET /live\x00 HTTP/9.9\r\n: x\r\n\r\n", "not a request", ""},
		{"players of an unknown program", "GET /live HTTP/1.0\r\nUser-Agent: denied\r\n\r\n", "listener refused", "[auth]\ndeny_agents = [\"denied\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const requests, addresses = 3000, 40
			s := open(t, harness.Start(t, merged(c.more)))
			before, began := len(s.Log.String()), time.Now()
			var sent atomic.Int64
			var clients sync.WaitGroup
			for i := range addresses {
				from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 7, 0, byte(1+i))}}
				clients.Go(func() {
					for {
						n := sent.Add(1)
						if n > requests || time.Since(began) > seconds { // wrong logins are throttled
							return
						}
						conn, err := from.Dial("tcp", s.Addr)
						if err != nil {
							from = &net.Dialer{} // this system has one loopback address
							continue
						}
						conn.SetDeadline(time.Now().Add(harness.Patience))
						io.WriteString(conn, strings.ReplaceAll(c.request, "{n}", fmt.Sprint(n)))
						io.Copy(io.Discard, conn)
						conn.Close()
					}
				})
			}
			clients.Wait()
			s.crowd.GoesOn(t)
			harness.Eventually(t, "the first line", func() bool { return strings.Contains(s.Log.String()[before:], c.line) })
			took := time.Since(began)
			text := s.Log.String()[before:]
			lines := strings.Count(text, "  "+c.line+"  {")
			if most := 200 + 2*int(took/time.Second+1); lines > most {
				t.Errorf("%d lines of %d requests in %v, want at most %d", lines, requests, took, most)
			}
			if most := 100<<10 + int(took/time.Second+1)*1<<10; len(text) > most {
				t.Errorf("%d bytes in the log in %v, want at most %d", len(text), took, most)
			}
			s.endsInTime(t)
			if leftOut(t, s.Log.String()[before:], c.line) == 0 {
				t.Errorf("the log does not say that lines of %d requests were left out", sent.Load())
			}
		})
	}
}

// merged returns the configuration with the tables in more merged into it, at debug
// level.
func merged(more string) string {
	toml := configuration + "[log]\nlevel = \"debug\"\n"
	if table, keys, found := strings.Cut(more, "\n"); found {
		toml = strings.Replace(toml, table+"\n", table+"\n"+keys, 1)
	}
	return toml
}

// leftOut returns how many lines with a message the log says it left out.
func leftOut(t *testing.T, log, message string) (n int) {
	t.Helper()
	for line := range strings.Lines(log) {
		_, fields, found := strings.Cut(line, "{")
		if !found || !strings.Contains(line, message) {
			continue
		}
		var said struct {
			Left int `json:"left_out"`
		}
		if err := json.Unmarshal([]byte("{"+fields), &said); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		n += said.Left
	}
	return n
}
