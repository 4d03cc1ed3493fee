package server

import (
	"errors"
	"net"
	"slices"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/netconn"
)

// newKept returns the limiter of connections whose clients listen by HLS: they are kept for
// the next request. Each stands for a listener.
func newKept(c *conf.Live, log *zap.Logger, heads *budget) *connLimiter {
	return newConnLimiter(c, log, heads, func(l *conf.Limits) int { return l.Listeners },
		"idle connections of HLS players were closed: there are too many of them")
}

// errNotRequest means that a client sent something else than another request on a kept
// connection.
var errNotRequest = errors.New("this connection takes HTTP requests only")

// serveHLS answers a request for HLS, and reports whether the connection is kept.
func (s *Server) serveHLS(conn net.Conn, came *countedConn, said greeting) (keep bool) {
	if client := s.clientAt(clientAddr(said.req.RemoteAddr)); came.limiter == s.kept && slices.Equal(came.client(), client) {
		came.queue()
	} else {
		counted := s.kept.enter(conn, client)
		defer counted.leave()
		counted.queue()
		came.leave()
	}
	if said.body != conn || hasBody(said.req) { // more has come than the head
		said.req.Header.Set("Connection", "close")
	}
	if !s.HLS.Serve(netconn.BelowProxy(conn), said.req) {
		conn.SetDeadline(time.Now().Add(time.Second))
		netconn.CloseGently(conn, maxHead)
		conn.Close()
		return false
	}
	return true
}

// awaitNext reads the head of the next request on a kept connection, which is counted as
// came for the last one. The error says why there is none.
func (s *Server) awaitNext(conn net.Conn, came *countedConn) (*countedConn, greeting, error) {
	if came.here.Err() == nil {
		came.again()
	} else {
		came = s.kept.enter(conn, s.clientAt(conn.RemoteAddr()))
	}
	said, err := readHead(conn, time.Now().Add(time.Duration(s.Conf.Config().Limits.HeaderTimeout)), came.charge)
	if err == nil && said.req == nil {
		err = errNotRequest
	}
	return came, said, err
}
