package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A connection is counted until it is closed, whichever package answers it.
func TestConnectionsAreCountedWhileAnswered(t *testing.T) {
	s := newServer(t, "")
	l := listen(t)
	runServer(t, s, l)
	open := &s.Traffic.open
	comesTo := func(want int64) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); open.Load() != want; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d connections are counted, want %d", open.Load(), want)
			}
		}
	}
	var followers []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /api/v1/events HTTP/1.1\r\nHost: radio\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", answer, err)
		}
		followers = append(followers, conn)
	}
	comesTo(3)
	for _, conn := range followers {
		conn.Close()
	}
	comesTo(0)
}
