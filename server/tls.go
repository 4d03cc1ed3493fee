package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"relay/internal/turns"
)

// mostInHandshake bounds what a client may send until its handshake is over, in
// bytes. A greeting has 2 KiB at most; crypto/tls would take 64 KiB.
const mostInHandshake = 16 << 10

var (
	// errNoTLS says that somebody speaks TLS to a server that has no certificate, or
	// within TLS.
	errNoTLS = errors.New("TLS is not spoken here")

	errHandshakeTooLarge = errors.New("the TLS handshake is larger than 16 KiB")
)

// secureListener is of an address for TLS alone: the door shakes hands on what it
// accepts.
type secureListener struct{ net.Listener }

type secureOnly struct{ net.Conn }

func (l secureListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return secureOnly{conn}, nil
}

// NetConn returns the connection below, as that of tls.Conn does.
func (c secureOnly) NetConn() net.Conn { return c.Conn }

// encrypt goes on with a connection that has begun a TLS handshake, or is about to.
// first are the bytes that have been read of it. What takes a processor for long in a
// handshake is done in turn.
func (s *Server) encrypt(conn net.Conn, first []byte, g *guest, deadline time.Time) (net.Conn, error) {
	if _, within := conn.(*tls.Conn); within || s.secure == nil {
		return conn, errNoTLS
	}
	ctx, cancel := context.WithDeadline(g.here, deadline)
	defer cancel()
	below := &turnConn{Conn: conn, first: first, handshake: &handshake{turns: s.handshakes, ctx: ctx, guest: g, left: mostInHandshake}}
	defer below.established()
	conn.SetDeadline(deadline)
	secure := tls.Server(below, s.secure)
	return secure, secure.Handshake()
}

// turnConn is the connection below TLS. While the handshake lasts, a turn is taken
// whenever something has been read, and ended before anything is waited for.
type turnConn struct {
	net.Conn
	first     []byte     // has been read already
	handshake *handshake // nil: it is over
}

// handshake is what is known of one that is under way.
type handshake struct {
	turns *turns.Turns
	ctx   context.Context // for how long a turn is waited for
	guest *guest
	left  int    // bytes that may be read
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
			c.first = nil // give the memory back
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

// NetConn returns the connection below, as that of tls.Conn does.
func (c *turnConn) NetConn() net.Conn { return c.Conn }

// established says that no more turns are needed.
func (c *turnConn) established() {
	c.handshake.endTurn()
	c.handshake = nil
}

// awaitTurn waits for a turn to work on n bytes that were read.
func (h *handshake) awaitTurn(n int) error {
	h.left -= n
	h.guest.queue()
	defer h.guest.unqueue()
	if h.done = h.turns.Take(h.ctx, h.guest.client()); h.done == nil {
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
