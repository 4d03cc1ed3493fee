package hls

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"relay/icy"
	"relay/internal/version"
)

// maxWrite is how long a client may take to read an answer.
const maxWrite = time.Minute

// Values of Cache-Control.
const (
	never   = "no-cache, no-store"
	forever = "public, max-age=31536000, immutable"
	briefly = "public, max-age=3" // half a segment
)

// answer is an HTTP answer.
type answer struct {
	status  int
	kind    string // Content-Type
	caching string // Cache-Control
	tag     string // ETag, in quotes; empty: none, and no ranges
	coding  string // Content-Encoding; empty: none
	more    http.Header
	own     map[string]string // header lines of the mount's configuration

	size       int                            // of the whole body in bytes
	bytes      func(from, to int) net.Buffers // a part of the body
	begin, end int                            // the part to send
}

// whole returns an answer with a body that is all there.
func whole(status int, kind, caching string, b []byte) *answer {
	return &answer{status: status, kind: kind, caching: caching, size: len(b), end: len(b),
		bytes: func(from, to int) net.Buffers { return net.Buffers{b[from:to]} }}
}

// sentence returns an answer that says in plain text why there is nothing else.
func sentence(status int, text string) *answer {
	return whole(status, "text/plain; charset=utf-8", never, []byte(text+"\r\n"))
}

// narrow applies the conditions and the range of a request (RFC 9110, sections 13 and 14).
func (a *answer) narrow(req *http.Request) {
	if a.status != http.StatusOK || a.tag == "" {
		return
	}
	if asked := req.Header.Get("If-None-Match"); asked != "" && (asked == "*" || strings.Contains(asked, a.tag)) {
		a.status, a.end = http.StatusNotModified, 0
		return
	}
	if only := req.Header.Get("If-Range"); req.Method != http.MethodGet || only != "" && only != a.tag {
		return
	}
	begin, end, ok := byteRange(req.Header.Get("Range"), a.size)
	switch {
	case !ok:
	case begin >= end:
		*a = answer{status: http.StatusRequestedRangeNotSatisfiable, kind: a.kind, caching: never, own: a.own, size: a.size}
	default:
		a.status, a.begin, a.end = http.StatusPartialContent, begin, end
	}
}

// byteRange returns the one range that a Range field asks for of a body of a size; ok is
// false if it asks for none, or for several. An empty range lies behind the body.
func byteRange(field string, size int) (begin, end int, ok bool) {
	spec, isBytes := strings.CutPrefix(strings.ReplaceAll(field, " ", ""), "bytes=")
	from, to, isRange := strings.Cut(spec, "-")
	if !isBytes || !isRange {
		return 0, 0, false
	}
	last, isLast := place(to)
	if from == "" {
		return max(0, size-last), size, isLast
	}
	first, isFirst := place(from)
	switch {
	case !isFirst, to != "" && (!isLast || last < first):
		return 0, 0, false
	case to == "":
		return first, size, true
	}
	return first, min(last+1, size), true
}

// place returns a place in a body, at most one far behind its end.
func place(digits string) (n int, ok bool) {
	v, err := strconv.ParseUint(digits, 10, 31)
	return int(v), err == nil || errors.Is(err, strconv.ErrRange) // then v is the largest
}

// heads are buffers for the heads of answers.
var heads = sync.Pool{New: func() any { return new([512]byte) }}

// write sends the answer and reports whether the connection can take another request.
func (a *answer) write(conn net.Conn, req *http.Request) (sent int64, keep bool) {
	keep = keepsAlive(req)
	now := time.Now()
	buf := heads.Get().(*[512]byte)
	defer heads.Put(buf)
	head := append(buf[:0], "HTTP/1.1 "...)
	head = append(strconv.AppendInt(head, int64(a.status), 10), ' ')
	head = append(append(head, http.StatusText(a.status)...), "\r\nDate: "...)
	head = append(now.UTC().AppendFormat(head, http.TimeFormat), "\r\n"...)
	field := func(name, value string) {
		if value != "" {
			head = append(append(append(append(head, name...), ": "...), value...), "\r\n"...)
		}
	}
	field("Server", version.Server())
	field("Cache-Control", a.caching)
	field("Access-Control-Allow-Origin", "*")
	field("ETag", a.tag)
	if a.status != http.StatusNotModified {
		field("Content-Type", a.kind)
		field("Content-Encoding", a.coding)
		field("Content-Length", strconv.Itoa(a.end-a.begin))
	}
	if a.tag != "" {
		field("Accept-Ranges", "bytes")
	}
	if a.kind == playlistType {
		field("Vary", "Accept-Encoding")
	}
	switch a.status {
	case http.StatusPartialContent:
		head = fmt.Appendf(head, "Content-Range: bytes %d-%d/%d\r\n", a.begin, a.end-1, a.size)
	case http.StatusRequestedRangeNotSatisfiable:
		head = fmt.Appendf(head, "Content-Range: bytes */%d\r\n", a.size)
	}
	for name, values := range a.more {
		for _, value := range values {
			field(name, value)
		}
	}
	if keep {
		field("Connection", "keep-alive")
	} else {
		field("Connection", "close")
	}
	pieces := net.Buffers{icy.WithHeaders(append(head, "\r\n"...), a.own)}
	if req.Method != http.MethodHead && a.end > a.begin {
		pieces = append(pieces, a.bytes(a.begin, a.end)...)
	}
	conn.SetWriteDeadline(now.Add(maxWrite))
	sent, err := pieces.WriteTo(conn)
	return sent, keep && err == nil
}

// keepsAlive reports whether a client wants to send its next request on the same
// connection (RFC 9112, section 9.3).
func keepsAlive(req *http.Request) bool {
	options := strings.ToLower(strings.Join(req.Header.Values("Connection"), ","))
	if req.ProtoAtLeast(1, 1) {
		return !strings.Contains(options, "close")
	}
	return strings.Contains(options, "keep-alive")
}

// takesGzip reports whether a client takes an answer in gzip.
func takesGzip(req *http.Request) bool {
	for coding := range strings.SplitSeq(req.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !strings.HasPrefix(strings.ReplaceAll(weight, " ", ""), "q=0") || strings.ContainsAny(weight, "123456789")
		}
	}
	return false
}
