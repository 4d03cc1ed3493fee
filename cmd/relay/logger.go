package main

import (
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sys/unix"

	"relay/conf"
	"relay/internal/logging"
	"relay/internal/logtail"
)

// tailLines is how many lines of the log are kept in memory for the pages.
const tailLines = 1000

// newLog returns a log that writes each line to standard error at once and keeps the
// last lines in the tail. The level can be changed at any time.
func newLog(c conf.Log) (*logging.Log, *logtail.Tail, zap.AtomicLevel) {
	appendOnly(os.Stderr)
	level := zap.NewAtomicLevelAt(levelOf(c))
	tail := logtail.New(level, tailLines)
	return logging.New(os.Stderr, newEncoder(c), level, tail.Core()), tail, level
}

// appendOnly makes writes to a plain file append to it. With a shell's "2> log", they
// would otherwise go to an offset: after logrotate has cut the file short
// (copytruncate), it would begin with as many zeros as it had bytes.
func appendOnly(f *os.File) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0); err == nil {
		unix.FcntlInt(f.Fd(), unix.F_SETFL, flags|unix.O_APPEND)
	}
}

// newEncoder returns an encoder for the configured format.
func newEncoder(c conf.Log) zapcore.Encoder {
	config := zap.NewProductionEncoderConfig()
	config.EncodeTime = zapcore.ISO8601TimeEncoder
	if c.Format != "console" {
		return printableEncoder{zapcore.NewJSONEncoder(config)}
	}
	config.EncodeTime = zapcore.TimeEncoderOfLayout("2006-01-02 15:04:05")
	config.ConsoleSeparator = "  "
	return printableEncoder{zapcore.NewConsoleEncoder(config)}
}

// levelOf returns the lowest level that is logged.
func levelOf(c conf.Log) zapcore.Level {
	level, _ := zapcore.ParseLevel(c.Level) // conf has checked it
	return level
}
