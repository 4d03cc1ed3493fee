package listeners

import (
	"runtime/debug"

	"go.uber.org/zap"

	"relay/internal/logging"
	"relay/mounts"
)

// contain, when deferred by a goroutine that serves one listener, keeps a bug
// that he has come upon from ending the program: he alone is let go. The shards
// have no such net, since they serve many.
func (w *Writers) contain(l *listener) {
	bug := recover()
	if bug == nil {
		return
	}
	w.log.Error("a bug in relay ended one listener, please report it", zap.Any("panic", bug), logging.Limit(),
		zap.String("ip", l.Addr), zap.ByteString("stack", debug.Stack()))
	w.dismiss(l, mounts.LeftFault)
}
