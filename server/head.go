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

// usualHead is as large as most heads are, in bytes.
const usualHead = 2 << 10

// maxEmptyLines bounds the empty lines before a request; some clients leave one
// behind a body.
const maxEmptyLines = 4

var errEmptyLines = errors.New("there are too many empty lines before the request")

// errHeadTooLarge says that a head did not end within maxHead.
var errHeadTooLarge = errors.New("the request head is larger than 16 KiB")

// tlsHandshake begins the first record of a TLS connection (RFC 8446, section
// 5.1), and no request.
const tlsHandshake = 0x16

// A greeting is how a connection begins.
type greeting struct {
	req      *http.Request
	password string    // instead of a request, the password line of a SHOUTcast source
	body     io.Reader // what comes behind either
	hello    []byte    // instead of either, the begin of a TLS handshake
	size     int       // of the request head, in bytes
}

// readHead reads a request head, which must be whole by the deadline, or the
// password line of a SHOUTcast source. What cannot become either is given up
// on at its first line.
//
// took is asked for the memory of a head that is larger than most.
func readHead(conn net.Conn, deadline time.Time, took func(bytes int) error) (greeting, error) {
	conn.SetDeadline(deadline) // a TLS handshake writes too
	buf := make([]byte, 0, usualHead)
	var scan icy.HeadScan
	for firstLineSeen := false; ; {
		if len(buf) == cap(buf) {
			if len(buf) >= maxHead {
				return greeting{}, errHeadTooLarge
			}
			larger := min(4*cap(buf), maxHead)
			if err := took(larger - cap(buf)); err != nil {
				return greeting{}, err
			}
			buf = append(make([]byte, 0, larger), buf...)
		}
		n, err := conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if len(buf) > 0 && buf[0] == tlsHandshake {
			return greeting{hello: buf}, nil
		}
		end := scan.Look(buf)
		if scan.Empty > maxEmptyLines {
			return greeting{}, errEmptyLines
		}
		if line, rest, ok := scan.FirstLine(buf); ok && !firstLineSeen {
			firstLineSeen = true
			if _, err := icy.ParseRequestLine(line); err != nil {
				if icy.IsPasswordLine(line) && icy.IsSourceHeadStart(rest) {
					conn.SetDeadline(time.Time{})
					return greeting{password: line, body: behind(rest, conn)}, nil
				}
				return greeting{}, err
			}
		}
		if end > 0 {
			conn.SetDeadline(time.Time{})
			req, err := icy.ParseHead(buf[:end])
			if err != nil {
				return greeting{}, err
			}
			return greeting{req: req, body: behind(buf[end:], conn), size: end}, nil
		}
		if err != nil {
			return greeting{}, err
		}
	}
}

// behind returns a reader of what has been read already and what comes next, and
// keeps no more than that in memory.
func behind(read []byte, conn net.Conn) io.Reader {
	if len(read) == 0 {
		return conn
	}
	return io.MultiReader(bytes.NewReader(bytes.Clone(read)), conn)
}
