package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/pires/go-proxyproto"
	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
)

// tryAgainAfter is the value of Retry-After in a refusal for lack of room, in seconds.
const tryAgainAfter = "5"

// arrive counts a new connection, before anything else runs for it. It returns nil, and
// closes conn, if there are too many connections or the server is ending.
func (s *Server) arrive(conn net.Conn) *countedConn {
	if !s.track(conn) {
		return nil
	}
	s.spareOwn()
	came := s.pending.enter(conn, s.clientAt(netconn.Below(conn).RemoteAddr()))
	if came.here.Err() != nil {
		s.untrack(conn)
		s.Traffic.open.Add(-1)
		return nil
	}
	return came
}

// clientAt returns the prefixes under which a client is counted. It returns none for a
// trusted proxy, which carries the connections of many clients.
func (s *Server) clientAt(peer net.Addr) []netip.Prefix {
	addr, ok := netconn.Addr(peer.String())
	if !ok || conf.InNetworks(s.Conf.Config().Server.TrustedProxies, addr) {
		return nil
	}
	return conf.ClientPrefixes(addr)
}

// greet reads the beginning of a connection: the header of the PROXY protocol, a TLS
// handshake, and a request head or the password line of a SHOUTcast source. All of it
// must arrive by the deadline. greet returns the connection to use from then on, also
// with an error; it is above TLS if the client speaks TLS.
func (s *Server) greet(conn net.Conn, came *countedConn, deadline time.Time) (net.Conn, greeting, error) {
	only, secure := conn.(secureOnly)
	if secure {
		conn = only.Conn
	}
	if proxied, is := conn.(*proxyproto.Conn); is {
		came.identified(s.clientAt(proxied.RemoteAddr())) // RemoteAddr reads the header of the PROXY protocol
	}
	var err error
	if secure {
		if conn, err = s.encrypt(conn, nil, came, deadline); err != nil {
			return conn, greeting{}, err
		}
	}
	said, err := readHead(conn, deadline, came.charge)
	if err != nil || said.hello == nil {
		return conn, said, err
	}
	if conn, err = s.encrypt(conn, said.hello, came, deadline); err != nil {
		return conn, greeting{}, err
	}
	said, err = readHead(conn, deadline, came.charge)
	if err == nil && said.hello != nil {
		err = errNoTLS
	}
	return conn, said, err
}

// admit adds conn to the limiter of answered requests, and charges it for a request;
// head is the size of the request head in bytes. A health check costs nothing, so that
// it is always admitted. The error is an errSpent, or net.ErrClosed if the limiter has
// closed conn. The caller must call leave.
func (s *Server) admit(conn net.Conn, req *http.Request, head int) (*countedConn, error) {
	cost := requestCost + headCopies*head
	if asksIfWell(req) {
		cost = 0
	}
	return s.answered.admit(conn, s.clientAt(clientAddr(req.RemoteAddr)), cost)
}

// untilAccepted returns the context for checking a login. During the check the server,
// not the client, is the slow side, so the connection no longer counts as silent. It
// leaves its limiter when the login is accepted.
func (g *countedConn) untilAccepted(ctx context.Context) context.Context {
	g.queue()
	return auth.WithAccepted(ctx, g.leave)
}

// logSpent tells the operator that a request was refused for lack of room.
func (s *Server) logSpent(err errSpent) {
	s.Log.Warn("requests without a login refused: too many are in progress", zap.Stringer("from", err.by), logging.LimitToMinute())
}

// turnAway answers a connection that cannot be served with a refusal for err, and
// closes it.
func (s *Server) turnAway(conn net.Conn, err error) {
	defer conn.Close()
	var netErr net.Error
	if errors.Is(err, io.EOF) || errors.As(err, &netErr) {
		return // the client has left or is too slow: nobody would read an answer
	}
	status, header := http.StatusBadRequest, http.Header{}
	var spent errSpent
	switch {
	case errors.As(err, &spent):
		s.logSpent(spent)
		status = spent.status()
		header.Set("Retry-After", tryAgainAfter)
	case errors.Is(err, errHeadTooLarge):
		status = http.StatusRequestHeaderFieldsTooLarge
	}
	s.Log.Debug("not answered", zap.Stringer("from", conn.RemoteAddr()), zap.Error(err), logging.LimitPerClient(netconn.Peer(conn)))
	conn.SetDeadline(time.Now().Add(time.Second))
	conn.Write(icy.AppendRefusal(nil, status, err.Error()+"\r\n", time.Now(), header))
	netconn.CloseGently(conn, maxHead)
}

// turnAwayShoutcast is turnAway for a SHOUTcast source. Its dialect has only one
// refusal: that of a wrong password.
func (s *Server) turnAwayShoutcast(conn net.Conn, err error) {
	defer conn.Close()
	var spent errSpent
	if errors.As(err, &spent) {
		s.logSpent(spent)
		conn.SetDeadline(time.Now().Add(time.Second))
		io.WriteString(conn, icy.ShoutcastRefused)
	}
}
