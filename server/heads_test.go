//go:build !race

// The race detector uses memory of its own; .ci/run runs this test without it.

package server

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"relay/mounts"
)

// inUse returns the heap memory in use, in bytes. It leaves out stacks: they contain no
// heads, and grow by themselves.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // frees what the first run has only removed from pools
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return int64(now.HeapAlloc)
}

// beingServed returns how many listeners have not received the head of their answer
// yet.
func beingServed() int {
	stacks := make([]byte, 4<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("(*Writers).Serve("))
}

// heads has heads of almost the maximum size, each with another large field.
var heads = map[string]string{
	"agent":       "User-Agent: " + strings.Repeat("a", 15800) + "\r\n",
	"referer":     "Referer: http://" + strings.Repeat("a", 15800) + "\r\n",
	"words":       strings.Repeat("ice-name: "+strings.Repeat("b", 700)+"\r\n", 22),
	"many fields": manyFields(),
}

func manyFields() string {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, "X-Field-%d: %s\r\n", i, strings.Repeat("c", 80))
	}
	return b.String()
}

// A client that stays costs hardly more memory after a head of the maximum size.
func TestHeadsAreFreed(t *testing.T) {
	hook := listen(t) // never answers
	defer hook.Close()
	tests := []struct {
		name    string
		request string // its lines, except for those of heads
		answer  string // its beginning; empty: the client waits for it
		clients int
		most    int64 // more bytes for each client: less than a head, more than two runs differ by
	}{
		{"listener", "GET /live HTTP/1.0\r\n", "HTTP/1.0 200 ", 300, 3000},
		{"follower", "GET /api/v1/events HTTP/1.0\r\n", "HTTP/1.0 200 ", 100, 8000},
		{"source", "SOURCE /{n} HTTP/1.0\r\nContent-Type: audio/mpeg\r\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\r\n", "HTTP/1.0 200 ", 60, 10000},
		{"waits for a mount to play", "GET /asleep HTTP/1.0\r\n", "", 60, 13000},
		{"waits for a hook", "GET /asked?key HTTP/1.0\r\n", "", 60, 13000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// cost returns how many bytes a client with a head costs. If that is more
			// than bound, it measures again for some seconds: the server frees a head
			// soon, not at once.
			cost := func(head string, bound int64) (used int64) {
				s := newServer(t, `
[server]
trusted_proxies = ["127.0.0.1"]
[limits]
connections_per_ip = 10000
listeners = 400
[auth]
source_password = "hackme"
admin_password = "adminpass"
[[mount]]
name = "/asked"
[mount.listener_auth]
url = "http://`+hook.Addr().String()+`/"`)
				l := listen(t)
				stop := runServer(t, s, l)
				defer stop()
				for name, kind := range map[string]mounts.Kind{"/live": mounts.Files, "/asked": mounts.Files, "/asleep": mounts.Relayed} {
					if _, err := s.Registry.Attach(name, mounts.Feed{Kind: kind}); err != nil {
						t.Fatal(err)
					}
				}
				before := inUse()
				conns := make([]net.Conn, tt.clients)
				for i := range conns {
					request := strings.Replace(tt.request, "{n}", fmt.Sprint(i), 1) + fmt.Sprintf("X-Forwarded-For: 10.0.1.%d\r\n", i%256)
					conn, answer := connect(t, l.Addr(), request+head+"\r\n")
					if conns[i] = conn; tt.answer != "" {
						begins(t, answer, tt.answer)
					}
				}
				if tt.answer == "" {
					for end := time.Now().Add(20 * time.Second); beingServed() < tt.clients; time.Sleep(5 * time.Millisecond) {
						if time.Now().After(end) {
							t.Fatal("not all of them wait")
						}
					}
				}
				for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
					used = (inUse() - before) / int64(tt.clients)
					if used <= bound || time.Now().After(end) {
						break
					}
				}
				for _, conn := range conns {
					conn.Close()
				}
				return used
			}
			cost("", math.MaxInt64) // allocates what is needed only once
			small := cost("User-Agent: VLC/3.0.20 LibVLC/3.0.20\r\n", math.MaxInt64)
			for name, head := range heads {
				large := cost(head, small+tt.most)
				t.Logf("%s: %d bytes a client, and %d with a small head", name, large, small)
				if large-small > tt.most {
					t.Errorf("a large head (%s) costs %d bytes a client more: %d, not %d", name, large-small, large, small)
				}
			}
		})
	}
}
