package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"relay/internal/netconn"
	"relay/internal/turns"
)

// maxInHandshake is how many bytes a client may send until its handshake is complete. A
// ClientHello has 2 KiB at most; crypto/tls would accept 64 KiB.
const maxInHandshake = 16 << 10

var (
	// errNoTLS means that a client has begun TLS with a server without a certificate,
	// or inside TLS.
	errNoTLS = errors.New("this port does not accept TLS")

	errHandshakeTooLarge = errors.New("the TLS handshake is larger than 16 KiB")
)

// secureListener marks the connections of an address that accepts only TLS as
// secureOnly. greet does the handshake.
type secureListener struct{ net.Listener }

type secureOnly struct{ net.Conn }

func (l secureListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return secureOnly{conn}, nil
}

// NetConn returns the connection below, as tls.Conn's method does.
func (c secureOnly) NetConn() net.Conn { return c.Conn }

// encrypt does the TLS handshake of a connection, by the deadline. first are the bytes
// of it that have already been read. The expensive computations of handshakes take
// turns. encrypt returns the connection above TLS, also after a failed handshake.
func (s *Server) encrypt(conn net.Conn, first []byte, g *countedConn, deadline time.Time) (net.Conn, error) {
	if _, within := conn.(*tls.Conn); within || s.secure == nil {
		return conn, errNoTLS
	}
	ctx, cancel := context.WithDeadline(g.here, deadline)
	defer cancel()
	below := &turnConn{Conn: netconn.NewCork(conn), first: first, handshake: &handshake{turns: s.handshakes, ctx: ctx, conn: g, left: maxInHandshake}}
	defer below.established()
	conn.SetDeadline(deadline)
	secure := tls.Server(below, s.secure)
	return secure, secure.Handshake()
}

// turnConn is the connection below TLS. During the handshake, it takes a turn after
// each Read. It ends the turn before the next Read or Write, which may wait for the
// client.
type turnConn struct {
	net.Conn
	first     []byte     // already read from Conn
	handshake *handshake // nil: complete
}

// handshake is the state of a handshake in progress.
type handshake struct {
	turns *turns.Turns
	ctx   context.Context // limits the wait for a turn
	conn  *countedConn
	left  int    // bytes that may still be read
	done  func() // ends the turn; nil: there is none
}

func (c *turnConn) Read(b []byte) (n int, err error) {
	if c.handshake != nil {
		c.handshake.endTurn()
		if c.handshake.left <= 0 && len(c.first) == 0 {
			return 0, errHandshakeTooLarge
		}
	}
	if len(c.first) > 0 {
		n = copy(b, c.first)
		if c.first = c.first[n:]; len(c.first) == 0 {
			c.first = nil // free the memory
		}
	} else if n, err = c.Conn.Read(b); err != nil {
		return n, err
	}
	if c.handshake != nil {
		return n, c.handshake.awaitTurn(n)
	}
	return n, nil
}

func (c *turnConn) Write(b []byte) (int, error) {
	if c.handshake != nil {
		c.handshake.endTurn()
	}
	return c.Conn.Write(b)
}

// NetConn returns the connection below, as tls.Conn's method does.
func (c *turnConn) NetConn() net.Conn { return c.Conn }

// established ends the last turn. Reads and writes then need no more turns.
func (c *turnConn) established() {
	c.handshake.endTurn()
	c.handshake = nil
}

// awaitTurn waits for a turn to process n bytes that were read. It returns the
// context's error if the time is up or the connection is closed.
func (h *handshake) awaitTurn(n int) error {
	h.left -= n
	h.conn.queue()
	defer h.conn.unqueue()
	if h.done = h.turns.Take(h.ctx, h.conn.client()); h.done == nil {
		return h.ctx.Err()
	}
	return nil
}

func (h *handshake) endTurn() {
	if h.done != nil {
		h.done()
		h.done = nil
	}
}
