package netconn

import (
	"net"
	"sync"
)

// Cork is a connection that can hold back what is written and send it in one call. TLS
// writes each of its records by itself. One goroutine writes.
type Cork struct {
	net.Conn
	held *held // nil: writes go through
}

// held is what was written since Cork.
type held struct {
	bytes []byte
	ends  []int // where each write ends in bytes
}

// holds are reused from connection to connection: each is needed for one call.
var holds = sync.Pool{New: func() any { return &held{} }}

// NewCork returns a Cork around conn, through which writes go.
func NewCork(conn net.Conn) *Cork { return &Cork{Conn: conn} }

// CorkOf returns the Cork below conn, or nil if there is none.
func CorkOf(conn net.Conn) *Cork {
	for {
		if c, ok := conn.(*Cork); ok {
			return c
		}
		around, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		conn = around.NetConn()
	}
}

// NetConn returns the connection below, as tls.Conn's method does.
func (c *Cork) NetConn() net.Conn { return c.Conn }

func (c *Cork) Write(b []byte) (int, error) {
	if c.held == nil {
		return c.Conn.Write(b)
	}
	c.held.bytes = append(c.held.bytes, b...)
	c.held.ends = append(c.held.ends, len(c.held.bytes))
	return len(b), nil
}

// Cork holds back what is written from now on, until Uncork.
func (c *Cork) Cork() { c.held = holds.Get().(*held) }

// Uncork sends what was held back in one call. held and sent count the writes and their
// bytes; sent counts those that were sent whole. They differ if there is an error.
func (c *Cork) Uncork() (held, sent Written, err error) {
	h := c.held
	c.held = nil
	n, err := c.Conn.Write(h.bytes)
	for _, end := range h.ends {
		held = Written{held.Writes + 1, end}
		if end <= n {
			sent = held
		}
	}
	h.bytes, h.ends = h.bytes[:0], h.ends[:0]
	holds.Put(h)
	return held, sent, err
}

// Written counts writes and their bytes.
type Written struct{ Writes, Bytes int }
