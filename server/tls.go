package server

import (
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// errNoTLS says that somebody speaks TLS to a server that has no certificate, or
// within TLS.
var errNoTLS = errors.New("TLS is not spoken here")

// shakeHands goes on with a connection that has begun a TLS handshake where plain
// is spoken too, and reads the request head within.
func (s *Server) shakeHands(conn net.Conn, hello []byte, deadline time.Time) (net.Conn, greeting, error) {
	if _, within := conn.(*tls.Conn); within || s.secure == nil {
		return conn, greeting{}, errNoTLS
	}
	secure := tls.Server(&begunConn{conn, hello}, s.secure)
	said, err := readHead(secure, deadline)
	if err == nil && said.hello != nil {
		err = errNoTLS
	}
	return secure, said, err
}

// begunConn is a connection of which the first bytes have been read.
type begunConn struct {
	net.Conn
	first []byte
}

func (c *begunConn) Read(b []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// NetConn returns the connection below, as that of tls.Conn does.
func (c *begunConn) NetConn() net.Conn { return c.Conn }
