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
	"relay/ingest"
	"relay/internal/logging"
	"relay/listeners"
)

// tryAgainAfter is when a client may come again for whom there was no room, in
// seconds.
const tryAgainAfter = "5"

// arrive counts a fresh connection, before anything runs for it. It is nil when there
// are too many, and the connection is closed then.
func (s *Server) arrive(conn net.Conn) *guest {
	if !s.track(conn) {
		return nil
	}
	s.spareOwn()
	came := s.doorstep.enter(conn, s.clientAt(listeners.Below(conn).RemoteAddr()))
	if came.here.Err() != nil {
		s.untrack(conn)
		s.admin.Traffic.Open.Add(-1)
		return nil
	}
	return came
}

// clientAt returns the prefixes that a client is counted in: none for a trusted proxy,
// which comes for many.
func (s *Server) clientAt(peer net.Addr) []netip.Prefix {
	addr, ok := addrOf(peer.String())
	if !ok || conf.InNetworks(s.conf.Config().Server.TrustedProxies, addr) {
		return nil
	}
	return conf.ClientPrefixes(addr)
}

// greet reads how a connection begins: what a proxy says of it, a TLS handshake, and a
// request head or what comes in its place.
func (s *Server) greet(conn net.Conn, came *guest, deadline time.Time) (net.Conn, greeting, error) {
	only, secure := conn.(secureOnly)
	if secure {
		conn = only.Conn
	}
	if proxied, is := conn.(*proxyproto.Conn); is {
		came.identified(s.clientAt(proxied.RemoteAddr())) // reads the header of the PROXY protocol
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

// visit lets a request in that has no login yet, of so large a head. Whoever asks
// whether the server is well is always let in. The error is an errSpent.
func (s *Server) visit(conn net.Conn, req *http.Request, head int) (*guest, error) {
	cost := requestCost + headCopies*head
	if asksIfWell(req) {
		cost = 0
	}
	return s.answered.admit(conn, s.clientAt(clientAddr(req.RemoteAddr)), cost)
}

// untilAccepted returns the context of a login that we look at now: the connection
// makes room for nobody meanwhile, and leaves when the login is accepted.
func (g *guest) untilAccepted(ctx context.Context) context.Context {
	g.queue()
	return auth.WithAccepted(ctx, g.leave)
}

// logSpent tells the operator of a client for which there was no room.
func (s *Server) logSpent(err errSpent) {
	s.log.Warn("requests without a login were refused: too many are in progress", zap.Stringer("from", err.by), logging.LimitToMinute())
}

// turnAway answers a connection with which nothing can be done, and closes it.
func (s *Server) turnAway(conn net.Conn, err error) {
	defer conn.Close()
	var netErr net.Error
	if errors.Is(err, io.EOF) || errors.As(err, &netErr) {
		return // gone, or too slow: there is nobody to tell
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
	s.log.Debug("not answered", zap.Stringer("from", conn.RemoteAddr()), zap.Error(err), logging.LimitPerClient(conn.RemoteAddr().String()))
	conn.SetDeadline(time.Now().Add(time.Second))
	conn.Write(icy.AppendRefusal(nil, status, err.Error()+"\r\n", time.Now(), header))
	ingest.CloseGently(conn, maxHead)
}

// turnAwayShoutcast is turnAway for a SHOUTcast source, whose dialect knows no other
// refusal than that of its password.
func (s *Server) turnAwayShoutcast(conn net.Conn, err error) {
	defer conn.Close()
	var spent errSpent
	if errors.As(err, &spent) {
		s.logSpent(spent)
		conn.SetDeadline(time.Now().Add(time.Second))
		io.WriteString(conn, icy.ShoutcastRefused)
	}
}
