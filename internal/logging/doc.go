// Package logging delivers the program's own log to its reader.
//
//	in:   lines of zap loggers, from any goroutine
//	out:  the same lines on standard error and in memory, each at once
//
// No caller waits for the reader of the log: a line goes through a bounded queue to one
// goroutine that writes. Lines that do not fit in the queue, or cannot be written, are
// lost and counted; the log reports their number as soon as it can be written again.
//
// Lines that outsiders can cause are limited: see LimitPerClient.
package logging
