package hostile

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// A client that resets its connection while the server works for it leaves nothing
// behind.
func TestResets(t *testing.T) {
	t.Parallel()
	hook := misbehave(t, misbehaviours["hangs"])
	master := misbehave(t, misbehaviours["hangs"])
	s := open(t, "[[mount]]\nname = '/asked'\nsilence = true\nlistener_auth.url = 'http://"+hook.addr+"/auth'\n"+
		"[[relay]]\nurl = 'http://"+master.addr+"/live'\nmount = '/asleep'\non_demand = true\n")
	eventually(t, "the mounts", func() bool {
		list := s.body(t, "GET /admin/listmounts HTTP/1.0\r\n"+admin)
		return strings.Contains(list, `"/asked"`) && strings.Contains(list, `"/asleep"`)
	})
	before := s.steady(t)
	status := func(conn net.Conn) string {
		begin := make([]byte, len("HTTP/1.0 200"))
		if _, err := io.ReadFull(conn, begin); err != nil {
			return err.Error()
		}
		return statusOf(string(begin) + " ")
	}
	answered := func(t *testing.T, conn net.Conn) {
		if got := status(conn); got != "200" {
			t.Errorf("status %s", got)
		}
	}
	watching := func(t *testing.T, conn net.Conn) {
		if got := status(conn); got != "200" && got != "503" { // 503 for all but the first ten
			t.Errorf("status %s", got)
		}
	}
	at := func(p *peer) func(*testing.T, net.Conn) {
		return func(t *testing.T, _ net.Conn) {
			eventually(t, "the server to ask", func() bool { return p.asked() > 0 })
		}
	}
	at1000 := func(t *testing.T, conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
			t.Error(err)
		}
	}
	titleHead := "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: 1000\r\n" + admin
	for _, c := range []struct {
		name, text string
		until      func(*testing.T, net.Conn)
	}{
		{"the events of the API", "GET /api/v1/events HTTP/1.1\r\n" + host + "\r\n", answered},
		{"the events of the API, an operator's", "GET /api/v1/events HTTP/1.1\r\n" + host + admin, answered},
		{"STATS", "STATS / HTTP/1.0\r\n" + admin, watching},
		{"a body", titleHead + "{\"title\":", func(*testing.T, net.Conn) {}},
		{"a body of chunks", strings.Replace(titleHead, "Content-Length: 1000", "Transfer-Encoding: chunked", 1) + "ff\r\n{", func(*testing.T, net.Conn) {}},
		{"the wait for a hook", "GET /asked HTTP/1.0\r\n\r\n", at(hook)},
		{"the wait for a relay on demand", "GET /asleep HTTP/1.0\r\n\r\n", at(master)},
		{"the log", "GET /api/v1/log HTTP/1.1\r\n" + host + admin, answered},
		{"a stream with metadata", "GET /live HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n", at1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all sync.WaitGroup
			for range 50 {
				conn := s.dial(t)
				all.Go(func() {
					io.WriteString(conn, c.text)
					c.until(t, conn)
					conn.SetLinger(0)
					conn.Close()
				})
			}
			all.Wait()
			s.settled(t)
			eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before+2 }) // one connection to each server that hangs may be left
		})
	}
	eventually(t, "a place to watch by STATS", func() bool {
		conn := s.dial(t)
		defer conn.Close()
		io.WriteString(conn, "STATS / HTTP/1.0\r\n"+admin)
		return status(conn) == "200"
	})
}

// A body that does not arrive is not waited for, whoever sends the request.
func TestBodiesThatNeverCome(t *testing.T) {
	t.Parallel()
	s := openWith(t, with(`header_timeout = "8s"`))
	before := s.steady(t)
	const form = "Content-Type: application/json\r\n"
	var cases sync.WaitGroup
	for name, text := range map[string]string{
		"a length":                    "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + form + "Content-Length: 1000\r\n" + admin,
		"a length, begun":             "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + form + "Content-Length: 1000\r\n" + admin + `{"title":"`,
		"chunks":                      "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\n" + admin,
		"chunks, begun":               "PUT /api/v1/mounts/live/title HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\n" + admin + "ff\r\n{",
		"a login":                     "POST /api/v1/session HTTP/1.1\r\n" + host + form + "Content-Length: 1000\r\n\r\n{",
		"a body of a page":            "GET / HTTP/1.1\r\n" + host + "Content-Length: 1000\r\n\r\n",
		"a body of a page, in chunks": "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nff\r\n",
		"a body of a refusal":         "POST /admin/stats HTTP/1.1\r\n" + host + "Content-Length: 1000000\r\n\r\n",
	} {
		beside(t, &cases, name, func(t *testing.T) {
			conn := s.dial(t)
			io.WriteString(conn, text)
			if answer := read(t, conn); statusOf(answer) == "204" { // the server has closed the connection
				t.Errorf("it was accepted as complete: %.300q", answer)
			}
			s.settled(t)
		})
	}
	cases.Wait()
	eventually(t, "the sockets to be given back", func() bool { return s.sockets(t) <= before })
}
