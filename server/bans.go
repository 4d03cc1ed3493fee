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
	"relay/mounts"
)

// What is answered to everybody.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// asksIfWell tells whether a request asks how the server is. By another method
// the same path may mean anything: STATS shows everything under every path.
func asksIfWell(req *http.Request) bool {
	return (req.Method == http.MethodGet || req.Method == http.MethodHead) && (req.URL.Path == healthPath || req.URL.Path == readyPath)
}

// keepsOut tells whether a request comes from an address that is answered
// nothing.
func (s *Server) keepsOut(req *http.Request) bool {
	ip, _, _ := net.SplitHostPort(req.RemoteAddr)
	return s.gate.DeniesAddress(ip) && !asksIfWell(req)
}

// denied tells whether a request is kept out, and says so to it. conn is closed
// then.
func (s *Server) denied(conn net.Conn, req *http.Request) bool {
	if !s.keepsOut(req) {
		return false
	}
	visit := s.journal.Begin(req)
	s.log.Debug("request refused", zap.String("from", req.RemoteAddr), zap.Error(auth.ErrAddressDenied), logging.LimitPerClient(req.RemoteAddr))
	conn.SetDeadline(time.Now().Add(time.Second))
	n, _ := conn.Write(icy.AppendRefusal(nil, http.StatusForbidden, auth.AddressDenied, time.Now()))
	conn.Close()
	s.journal.End(visit, http.StatusForbidden, int64(n))
	return true
}

// deniedShoutcast is denied for a SHOUTcast source, whose dialect knows no
// other refusal than that of its password.
func (s *Server) deniedShoutcast(conn net.Conn) bool {
	ip, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	if !s.gate.DeniesAddress(ip) {
		return false
	}
	s.log.Debug("source refused", zap.String("ip", ip), zap.Error(auth.ErrAddressDenied), logging.LimitPerClient(ip))
	conn.SetDeadline(time.Now().Add(time.Second))
	conn.Write([]byte(icy.ShoutcastRefused))
	conn.Close()
	return true
}

// enforceBans lets those go who are kept out from now on, until ctx ends. Whoever
// comes meanwhile asks again when he can be found: the change came first, so he
// is either let go here or turned away there.
func (s *Server) enforceBans(ctx context.Context, web *web) {
	for {
		select {
		case <-s.gate.BansChanged():
			s.banish(web)
		case <-ctx.Done():
			return
		}
	}
}

// banish leaves out those who watch by STATS, which looks for itself.
func (s *Server) banish(web *web) {
	listeners, sources, requests := 0, 0, web.dismiss(s.keepsOut)
	for _, m := range s.registry.List() {
		for _, l := range m.Audience.List() {
			if (s.gate.DeniesAddress(l.Addr) || s.gate.DeniesAgent(l.Agent)) && m.Audience.Order(l.ID, mounts.Order{}) {
				listeners++
			}
		}
		for _, in := range m.LiveSources() {
			if s.gate.DeniesAddress(in.Addr) {
				in.Kick()
				sources++
			}
		}
	}
	if listeners+sources+requests > 0 {
		s.log.Info("those who are kept out from now on have been let go",
			zap.Int("listeners", listeners), zap.Int("sources", sources), zap.Int("requests", requests))
	}
}
