package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
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
	usual, n, err := firstRead(conn)
	defer usualHeads.Put(usual) // nothing of what is returned lies within it
	buf := usual[:n]
	var scan icy.HeadScan
	for firstLineSeen := false; ; {
		if len(buf) > 0 && buf[0] == tlsHandshake {
			return greeting{hello: bytes.Clone(buf)}, nil
		}
		end := scan.Look(buf)
		if scan.Empty > maxEmptyLines {
			return greeting{}, errEmptyLines
		}
		var invalid error
		if end > 0 {
			req, err := icy.ParseHead(buf[:end])
			if err == nil {
				conn.SetDeadline(time.Time{})
				return greeting{req: req, body: behind(buf[end:], conn), size: end}, nil
			}
			invalid = err
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
		if invalid != nil {
			return greeting{}, invalid
		}
		if err != nil {
			return greeting{}, err
		}
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
		n, err = conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
	}
}

// usualHeads are buffers for heads, from one connection to another.
var usualHeads = sync.Pool{New: func() any { return new([usualHead]byte) }}

// firstRead reads the beginning of a head into one of usualHeads. It holds none while it
// waits: most of the players that keep a connection say nothing most of the time.
func firstRead(conn net.Conn) (buf *[usualHead]byte, n int, err error) {
	buf = usualHeads.Get().(*[usualHead]byte)
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		n, err = conn.Read(buf[:])
		return buf, n, err
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return buf, 0, err
	}
	waited := raw.Read(func(fd uintptr) bool {
		if buf == nil {
			buf = usualHeads.Get().(*[usualHead]byte)
		}
		for {
			if n, err = syscall.Read(int(fd), buf[:]); err != syscall.EINTR {
				break
			}
		}
		if err == syscall.EAGAIN {
			usualHeads.Put(buf)
			buf = nil
		}
		return buf != nil
	})
	if buf == nil {
		buf = usualHeads.Get().(*[usualHead]byte)
	}
	switch {
	case waited != nil: // closed, or nothing came by the deadline
		return buf, 0, waited
	case err != nil:
		return buf, 0, err
	case n == 0:
		return buf, 0, io.EOF
	}
	return buf, n, nil
}

// behind returns a reader of the bytes in read, followed by conn. It copies read, so
// that the larger buffer around it can be freed.
func behind(read []byte, conn net.Conn) io.Reader {
	if len(read) == 0 {
		return conn
	}
	return io.MultiReader(bytes.NewReader(bytes.Clone(read)), conn)
}
