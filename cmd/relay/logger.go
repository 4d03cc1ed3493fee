package main

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
)

// newLogger writes to standard error, each line at once. The level can be
// changed at any time.
func newLogger(c conf.Log) (*zap.Logger, zap.AtomicLevel, error) {
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
	log, err := config.Build()
	return log, config.Level, err
}

// levelOf returns the least that is logged.
func levelOf(c conf.Log) zapcore.Level {
	level, _ := zapcore.ParseLevel(c.Level) // conf has checked it
	return level
}
