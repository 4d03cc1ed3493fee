package main

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
	"relay/journal"
)

// tailLines is how many lines of the log are kept in memory, for the pages.
const tailLines = 1000

// newLogger writes to standard error, each line at once, and keeps the last
// ones in the tail. The level can be changed at any time.
func newLogger(c conf.Log) (*zap.Logger, *journal.Tail, zap.AtomicLevel, error) {
	config := zap.NewProductionConfig()
	config.Level = zap.NewAtomicLevelAt(levelOf(c))
	config.Encoding = c.Format
	config.Sampling = nil
	config.DisableCaller = true
	config.DisableStacktrace = true
	config.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	if c.Format == "console" {
		config.EncoderConfig.EncodeTime = zapcore.TimeEncoderOfLayout("2006-01-02 15:04:05")
		config.EncoderConfig.ConsoleSeparator = "  "
	}
	tail := journal.NewTail(config.Level, tailLines)
	log, err := config.Build(zap.WrapCore(func(written zapcore.Core) zapcore.Core {
		return zapcore.NewTee(written, tail.Core())
	}))
	return log, tail, config.Level, err
}

// levelOf returns the least that is logged.
func levelOf(c conf.Log) zapcore.Level {
	level, _ := zapcore.ParseLevel(c.Level) // conf has checked it
	return level
}
