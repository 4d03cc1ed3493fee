package server

import (
	"context"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// Paths of the health checks, which every client may use, even a banned one.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// asksIfWell reports whether a request is a health check. Only GET and HEAD are: with
// another method, the same path may mean anything. STATS, for example, shows everything
// under every path.
func asksIfWell(req *http.Request) bool {
	return (req.Method == http.MethodGet || req.Method == http.MethodHead) && (req.URL.Path == healthPath || req.URL.Path == readyPath)
}

// keepsOut reports whether a request comes from a denied address and must be refused.
// It returns false for a health check.
func (s *Server) keepsOut(req *http.Request) bool {
	return s.Gate.DeniesAddress(netconn.Client(req)) && !asksIfWell(req)
}

// denied reports whether a request must be refused because of its address. If so, it
// sends the refusal and closes conn.
func (s *Server) denied(conn net.Conn, req *http.Request) bool {
	if !s.keepsOut(req) {
		return false
	}
	entry := s.AccessLog.Begin(req)
	s.Log.Debug("request refused", zap.String("from", req.RemoteAddr), zap.Error(auth.ErrAddressDenied), logging.LimitPerClient(netconn.Client(req)))
	conn.SetDeadline(time.Now().Add(time.Second))
	n, _ := conn.Write(icy.AppendRefusal(nil, http.StatusForbidden, auth.AddressDenied, time.Now()))
	conn.Close()
	s.AccessLog.End(entry, http.StatusForbidden, int64(n))
	return true
}

// deniedShoutcast is denied for a SHOUTcast source. Its dialect has only one refusal:
// that of a wrong password.
func (s *Server) deniedShoutcast(conn net.Conn) bool {
	ip := netconn.Peer(conn)
	if !s.Gate.DeniesAddress(ip) {
		return false
	}
	s.Log.Debug("source refused", zap.Stringer("ip", ip), zap.Error(auth.ErrAddressDenied), logging.LimitPerClient(ip))
	conn.SetDeadline(time.Now().Add(time.Second))
	conn.Write([]byte(icy.ShoutcastRefused))
	conn.Close()
	return true
}

// enforceBans disconnects banned clients after each change of the bans, until ctx ends.
// A client that connects during a change cannot slip through: it checks the bans again
// once it is listed. The change came first, so either banish finds the client in the
// list, or the client's own check finds the ban.
func (s *Server) enforceBans(ctx context.Context, web *web) {
	for {
		select {
		case <-s.Gate.BansChanged():
			s.banish(web)
		case <-ctx.Done():
			return
		}
	}
}

// banish disconnects banned listeners, sources and requests. It leaves out STATS
// clients: their own handler checks the bans.
func (s *Server) banish(web *web) {
	listeners, sources, requests := 0, 0, web.dismiss(s.keepsOut)
	for _, m := range s.Registry.List() {
		for _, l := range m.Audience.List() {
			if (s.Gate.DeniesAddress(l.Addr) || s.Gate.DeniesAgent(l.Agent())) && m.Audience.Order(l.ID, mounts.Order{}) {
				listeners++
			}
		}
		for _, in := range m.LiveSources() {
			if s.Gate.DeniesAddress(in.Addr) {
				in.Kick()
				sources++
			}
		}
	}
	if listeners+sources+requests > 0 {
		s.Log.Info("banned clients disconnected",
			zap.Int("listeners", listeners), zap.Int("sources", sources), zap.Int("requests", requests))
	}
}
