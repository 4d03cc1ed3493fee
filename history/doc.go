// Package history remembers who listened to what, in an SQLite database, and
// makes the reports of it that owners of stations and rights societies want.
//
//	in:   listeners who left, titles that went on the air, sources that left it,
//	      and once a minute how many listen
//	out:  rows in a file, or in memory without one; reports as values, CSV and JSON
//
// Nobody waits for a disk: what is told goes through a bounded queue to one
// goroutine, which alone writes. When the disk fails, it holds a bounded amount
// and tries again; what finds no room is lost, counted, and said in the log.
package history
