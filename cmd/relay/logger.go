package main

import (
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
	"relay/internal/logging"
	"relay/journal"
)

// tailLines is how many lines of the log are kept in memory, for the pages.
const tailLines = 1000

// newLog returns a log that is written to standard error, each line at once, and
// keeps the last lines in the tail. The level can be changed at any time.
func newLog(c conf.Log) (*logging.Log, *journal.Tail, zap.AtomicLevel) {
	level := zap.NewAtomicLevelAt(levelOf(c))
	tail := journal.NewTail(level, tailLines)
	return logging.New(os.Stderr, newEncoder(c), level, tail.Core()), tail, level
}

// newEncoder makes lines of the configured format.
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

// levelOf returns the least that is logged.
func levelOf(c conf.Log) zapcore.Level {
	level, _ := zapcore.ParseLevel(c.Level) // conf has checked it
	return level
}
