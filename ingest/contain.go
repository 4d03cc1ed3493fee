package ingest

import (
	"errors"
	"runtime/debug"

	"go.uber.org/zap"

	"relay/internal/logging"
)

var errBug = errors.New("it has come upon a bug in relay")

// contain, when deferred, makes an error of a bug that the function has come
// upon, and gives the log what a report of it needs. What another server or a
// file can hold must not be the end of everybody's stream: the attempt has
// failed, and the next one follows as after any other failure.
func contain(log *zap.Logger, err *error) {
	if bug := recover(); bug != nil {
		log.Error("a bug in relay ended an attempt to play, please report it", zap.Any("panic", bug), zap.ByteString("stack", debug.Stack()), logging.Limit())
		*err = errBug
	}
}
