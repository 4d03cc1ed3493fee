package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"relay/icy"
)

// maxHead bounds a request head in bytes. Icecast takes 4095; proxies that add
// cookies and forwarding chains need more.
const maxHead = 16 << 10

// errHeadTooLarge says that a head did not end within maxHead.
var errHeadTooLarge = errors.New("the request head is larger than 16 KiB")

// readHead reads a request head, which must be whole by the deadline, and
// returns the request with a reader that goes on behind the head. What cannot
// become a request is given up on at its first line.
func readHead(conn net.Conn, deadline time.Time) (*http.Request, io.Reader, error) {
	conn.SetDeadline(deadline) // a TLS handshake writes too
	buf := make([]byte, 0, 2<<10)
	for firstLineSeen := false; ; {
		if len(buf) == cap(buf) {
			if len(buf) >= maxHead {
				return nil, nil, errHeadTooLarge
			}
			buf = append(make([]byte, 0, min(4*cap(buf), maxHead)), buf...)
		}
		n, err := conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if end := icy.HeadEnd(buf); end > 0 {
			conn.SetDeadline(time.Time{})
			req, err := icy.ParseHead(buf[:end])
			if err != nil {
				return nil, nil, err
			}
			req.RemoteAddr = conn.RemoteAddr().String()
			if end == len(buf) {
				return req, conn, nil
			}
			return req, io.MultiReader(bytes.NewReader(buf[end:]), conn), nil
		}
		if line, ok := icy.FirstLine(buf); ok && !firstLineSeen {
			firstLineSeen = true
			if _, err := icy.ParseRequestLine(line); err != nil {
				return nil, nil, err
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
}
