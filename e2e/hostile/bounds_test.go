package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

// memory returns how much memory the server uses, in bytes; 0 if the system does not
// say.
func (s *station) memory(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	kB, _ := strconv.ParseInt(string(found[1]), 10, 64)
	return kB << 10
}

// largest is the size of one field or parameter that fills a head, in bytes.
const largest = 15800

// All texts that clients choose are bounded in memory, in lists and in logs.
func TestWhatClientsSayIsBounded(t *testing.T) {
	s := open(t, "")
	long := strings.Repeat("x", largest)
	accented := strings.Repeat("é", largest/2)
	tests := []struct {
		name, request, want string
		stays               bool
	}{
		{"the agent of a listener", "GET /live HTTP/1.0\r\nUser-Agent: " + long + "\r\n\r\n", heard, true},
		{"an agent in UTF-8", "GET /live HTTP/1.0\r\nUser-Agent: a" + accented + "\r\n\r\n", heard, true},
		{"an agent that is no UTF-8", "GET /live HTTP/1.0\r\nUser-Agent: " + strings.Repeat("\x81", largest) + "\r\n\r\n", heard, true},
		{"a referer", "GET /live HTTP/1.0\r\nReferer: http://" + long + "\r\n\r\n", heard, true},
		{"the name of a login", "GET /live HTTP/1.0\r\n" + basic(long[:11000]+":x") + "\r\n", heard, true},
		{"a query", "GET /live?" + long + " HTTP/1.0\r\n\r\n", heard, true},
		{"a path", "GET /" + long + " HTTP/1.0\r\n\r\n", "404", false},
		{"an escaped path", "GET /" + strings.Repeat("%61", largest/3) + " HTTP/1.0\r\n\r\n", "404", false},
		{"a path that is not that long when it is decoded", "GET /" + strings.Repeat("%61", 1000) + " HTTP/1.0\r\n\r\n", "404", false},
		{"a method", long + " / HTTP/1.0\r\n\r\n", "405", false},
		{"the name of a field", "GET / HTTP/1.0\r\n" + long + ": x\r\n\r\n", "200", false},
		{"a forwarding chain", "GET / HTTP/1.0\r\nX-Forwarded-For: " + strings.Repeat("1.2.3.4,", largest/8) + "\r\n\r\n", "200", false},
		{"a host", "GET /live.m3u HTTP/1.1\r\nHost: " + long + "\r\n\r\n", "200", false},
		{"the agent of a source", "SOURCE /long HTTP/1.0\r\n" + sourceLogin + "User-Agent: " + long + "\r\n\r\n", "200", true},
		{"the words of a source", "SOURCE /words HTTP/1.0\r\n" + sourceLogin + "ice-name: " + accented + "\r\n\r\n", "200", true},
		{"the address of a source", "SOURCE /url HTTP/1.0\r\n" + sourceLogin + "ice-url: http://" + long + "\r\n\r\n", "200", true},
		{"the name of a source's login", "SOURCE /login HTTP/1.0\r\n" + basic(long[:11000]+":hackme") + "\r\n", "401", false},
		{"the type of a source", "SOURCE /type HTTP/1.0\r\n" + sourceLogin + "Content-Type: " + long + "\r\n\r\n", "415", false},
		{"a charset", "GET /admin/metadata?mount=/live&mode=updinfo&song=a&charset=" + long + " HTTP/1.0\r\n" + sourceLogin + "\r\n", "200", false},
		{"a mount of a command", "GET /admin/listclients?mount=/" + long + " HTTP/1.0\r\n" + basic("admin:adminpass") + "\r\n", "400", false},
		{"a login refused", "GET /admin/listclients?mount=/" + long + " HTTP/1.0\r\nUser-Agent: " + long[:100] + "\r\n" + basic("admin:wrong") + "\r\n", "401", false},
	}
	s.setTitle("a") // by the case of a charset
	var staying []net.Conn
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := s.dial(t)
			fmt.Fprint(conn, tt.request)
			if tt.stays {
				staying = append(staying, conn)
				answer := make([]byte, 12)
				if _, err := conn.Read(answer); err != nil || !strings.Contains(string(answer), " 200") {
					t.Errorf("answered %q, %v", answer, err)
				}
				return
			}
			if got := outcome(read(t, conn)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	s.settled(t)
	for name, text := range map[string]string{
		"listclients": s.ask(t, "GET /admin/listclients?mount=/live HTTP/1.0\r\n"+basic("admin:adminpass")+"\r\n"),
		"API":         s.ask(t, "GET /api/v1/mounts/live/listeners?limit=1000 HTTP/1.0\r\n"+basic("admin:adminpass")+"\r\n"),
		"status":      s.ask(t, "GET /status-json.xsl HTTP/1.0\r\n\r\n"),
	} {
		if !strings.Contains(text, " 200 ") || len(text) > crowd*400+20*2000 {
			t.Errorf("%s has %d bytes: %.300q", name, len(text), text)
		}
	}
	for _, conn := range staying {
		conn.Close()
	}
	eventually(t, "the sources to leave", func() bool { return strings.Count(s.log.String(), "source left") >= 3 })
	s.settled(t)
	access, err := os.ReadFile(filepath.Join(s.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	for name, lines := range map[string]string{"access.log": string(access), "the log": s.log.String()} {
		for line := range strings.Lines(lines) {
			if len(line) > 8<<10 {
				t.Errorf("a line of %s has %d bytes: %.300q", name, len(line), line)
			}
		}
	}
}

// Clients that stay do not keep their request heads in the server's memory.
func TestHeadsOfClientsThatStay(t *testing.T) {
	const clients = 400
	s := open(t, "")
	var fields strings.Builder
	for i := range 150 {
		fmt.Fprintf(&fields, "X-Field-%d: %s\r\n", i, strings.Repeat("c", 80))
	}
	for name, request := range map[string]string{
		"listeners": "GET /live HTTP/1.0\r\nUser-Agent: " + strings.Repeat("x", largest) + "\r\n\r\n",
		"followers": "GET /api/v1/events HTTP/1.0\r\n" + fields.String() + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			before := s.memory(t)
			var conns []net.Conn
			for range clients {
				conn := s.dial(t)
				fmt.Fprint(conn, request)
				conns = append(conns, conn)
			}
			for _, conn := range conns {
				if _, err := conn.Read(make([]byte, 12)); err != nil {
					t.Fatal(err)
				}
			}
			s.settled(t)
			used := (s.memory(t) - before) / clients
			t.Logf("%d bytes each", used)
			if used > 100<<10 && !harness.RaceDetector { // garbage that is not collected yet is included
				t.Errorf("%d %s cost %d bytes each", clients, name, used)
			}
			for _, conn := range conns {
				conn.Close()
			}
			s.settled(t)
		})
	}
}

// A client that comes for a moment, over and over, leaves few rows in the history,
// and the reports count all its sessions.
func TestVisitsOfAMoment(t *testing.T) {
	const visits, atOnce = 3000, 20
	s := open(t, "[history]\nfile = 'history.db'\n")
	var visiting sync.WaitGroup
	for range atOnce {
		visiting.Go(func() {
			for visited, deadline := 0, time.Now().Add(patience); visited < visits/atOnce && time.Now().Before(deadline); {
				conn, err := net.Dial("tcp", s.addr) // from the same address each time
				if err != nil {
					t.Error(err)
					return
				}
				conn.SetDeadline(time.Now().Add(patience))
				fmt.Fprintf(conn, "GET /live HTTP/1.0\r\nUser-Agent: %s\r\n\r\n", strings.Repeat("x", largest))
				answer := make([]byte, 512)
				n, err := conn.Read(answer)
				if err != nil {
					t.Error(err)
				}
				conn.Close()
				if bytes.Contains(answer[:n], []byte(" 200 ")) { // else too many visits are over that the server has not noticed yet
					visited++
				}
			}
		})
	}
	visiting.Wait()
	s.settled(t)
	var report struct {
		Items []struct {
			Mount    string
			Sessions int
			Hours    float64
		}
	}
	eventually(t, "the visits in the report", func() bool {
		body := s.body(t, "GET /api/v1/reports/listening?mount=/live HTTP/1.0\r\n"+admin)
		if err := json.Unmarshal([]byte(body), &report); err != nil {
			t.Fatalf("%v: %.300q", err, body)
		}
		return len(report.Items) == 1 && report.Items[0].Sessions >= visits+crowd
	})
	if hours := report.Items[0].Hours; report.Items[0].Sessions > visits+crowd+10 || hours > 10 {
		t.Errorf("the report says %+v", report.Items)
	}
	size := int64(0)
	for _, ending := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(s.dir, "history.db"+ending)); err == nil {
			size += info.Size()
		}
	}
	t.Logf("%d bytes", size)
	if size > 2<<20 {
		t.Errorf("%d sessions have taken %d bytes", visits, size)
	}
}
