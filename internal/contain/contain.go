// Package contain prevents a bug in relay from ending the program, and with it
// everybody's stream: only the part with the bug ends.
//
//	in:   a panic
//	out:  a log line for the bug report, and an error or a call
//
// It starts no goroutines. Panics of a goroutine that serves many clients are not
// contained.
package contain

import (
	"errors"
	"runtime/debug"

	"go.uber.org/zap"

	"relay/internal/logging"
)

var errBug = errors.New("it ran into a bug in relay")

// Bug, when deferred, recovers from a panic of the deferring function and calls ended,
// which logs these facts and closes what the function served.
func Bug(ended func(facts ...zap.Field)) {
	if bug := recover(); bug != nil {
		ended(factsOf(bug)...)
	}
}

// Error, when deferred, recovers from a panic of the deferring function, logs it and
// sets the error that the function returns. The caller retries as after any other
// error: bytes from a server or a file that trigger a bug cost one attempt to play
// them.
func Error(log *zap.Logger, err *error) {
	if bug := recover(); bug != nil {
		log.Error("a bug in relay ended an attempt to play, please report it", factsOf(bug)...)
		*err = errBug
	}
}

// factsOf returns the fields that a bug report needs.
func factsOf(bug any) []zap.Field {
	return []zap.Field{zap.Any("panic", bug), zap.ByteString("stack", debug.Stack()), logging.Limit()}
}
