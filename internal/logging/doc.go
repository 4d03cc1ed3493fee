// Package logging is how the program's own log reaches its reader.
//
//	in:   lines of zap loggers, from any goroutine
//	out:  the same lines on standard error and in memory, each at once
//
// No caller waits for the reader of the log: a line goes through a bounded
// queue to one goroutine that writes. Lines that find the queue full, or cannot
// be written, are lost and counted; the log says how many as soon as it can be
// written again.
//
// Lines that somebody outside can cause are limited: see LimitPerClient.
package logging
