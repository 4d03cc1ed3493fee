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

// maxHead is the maximum size of a request head in bytes. Icecast accepts 4095; proxies
// that add cookies and forwarding chains need more.
const maxHead = 16 << 10

// usualHead is the size in bytes that most heads do not exceed.
const usualHead = 2 << 10

// maxEmptyLines is the maximum number of empty lines before a request. Some clients
// send one after a body.
const maxEmptyLines = 4

var errEmptyLines = errors.New("there are too many empty lines before the request")

// errHeadTooLarge means that a head did not end within maxHead.
var errHeadTooLarge = errors.New("the request head is larger than 16 KiB")

// tlsHandshake is the first byte of a TLS connection (RFC 8446, section 5.1). No
// request begins with it.
const tlsHandshake = 0x16

// greeting is the beginning of a connection. It has one of req, password and hello.
type greeting struct {
	req      *http.Request
	password string    // the password line of a SHOUTcast source
	body     io.Reader // the data after req or password
	hello    []byte    // the beginning of a TLS handshake
	size     int       // of the request head, in bytes
}

// readHead reads a complete request head or the password line of a SHOUTcast source, by
// the deadline. It returns an error at the first line that cannot begin either.
//
// readHead calls took before it allocates more memory for a head larger than usualHead,
// and returns its error.
func readHead(conn net.Conn, deadline time.Time, took func(bytes int) error) (greeting, error) {
	conn.SetDeadline(deadline) // for writes too: a TLS handshake writes
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

// behind returns a reader of the bytes in read, followed by conn. It copies read, so
// that the larger buffer around it can be freed.
func behind(read []byte, conn net.Conn) io.Reader {
	if len(read) == 0 {
		return conn
	}
	return io.MultiReader(bytes.NewReader(bytes.Clone(read)), conn)
}
