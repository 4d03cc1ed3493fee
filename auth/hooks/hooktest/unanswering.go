// Package hooktest has web servers that misbehave when they are asked as hooks, for the
// tests of auth/hooks and of its users.
package hooktest

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// What auth/hooks reads of an answer at most.
const (
	maxHead  = 16 << 10 // bytes
	maxLines = 100      // header lines
)

// Unanswering has the ways in which a hook gives no answer, by name.
var Unanswering = map[string]http.HandlerFunc{
	"hangs":           func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"trickles":        trickle,
	"hangs up":        raw(""),
	"garbage":         raw("icecast-auth-user: 1\r\n\r\n"),
	"endless head":    raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead+8192)),
	"very many lines": raw("HTTP/1.1 200 OK\r\nicecast-auth-user: 1\r\n" + strings.Repeat("X: y\r\n", maxLines) + "\r\n"),
	"500":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
	"502":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) },
	"503":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
	"429":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
	"408 and a body":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408); io.WriteString(w, "?") },
}

// trickle sends the head of an answer byte by byte, without end.
func trickle(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
	for {
		if _, err := io.WriteString(conn, "x"); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// raw sends a text in place of an answer, and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			io.WriteString(conn, text)
			conn.Close()
		}
	}
}
