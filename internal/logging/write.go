package logging

import (
	"io"
	"log"
	"strings"
	"time"

	"go.uber.org/zap"
)

// WriteWithin writes text that is not a log line, such as the output of the program at
// its start and end, and reports whether that took no longer than wait. If the writer
// blocks for longer, it keeps text, which must not be changed then.
func WriteWithin(w io.Writer, text []byte, wait time.Duration) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Write(text)
	}()
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}

// NewStd returns a logger of the standard library for the messages of other packages:
// each line is a warning with a constant message, limited for the client that it names.
func NewStd(to *zap.Logger, message string) *log.Logger {
	return log.New(stdWriter{to, message}, "", 0)
}

type stdWriter struct {
	to      *zap.Logger
	message string
}

func (w stdWriter) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	w.to.Warn(w.message, zap.String("problem", text), limitPerNamed(text))
	return len(line), nil
}
