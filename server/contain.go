package server

import (
	"net"
	"runtime/debug"

	"go.uber.org/zap"

	"relay/internal/logging"
)

// contain, when deferred, keeps a bug that one connection has come upon from
// ending the program, and with it everybody's stream: that connection alone is
// closed, and the log has what a report of the bug needs.
func (s *Server) contain(conn net.Conn) {
	bug := recover()
	if bug == nil {
		return
	}
	conn.Close()
	s.log.Error("a bug in relay ended one connection, please report it", zap.Any("panic", bug), logging.Limit(),
		zap.Stringer("from", conn.RemoteAddr()), zap.ByteString("stack", debug.Stack()))
}
