// Package history stores who listened to what, in an SQLite database, and makes the
// reports that station owners and rights societies want.
//
//	in:   listeners that left, titles that went on the air, sources that left it,
//	      once a minute the number of listeners, and that the server runs
//	out:  rows in a file, or in memory without one; reports as values, CSV and JSON
//
// Callers never wait for a disk: entries go through a bounded queue to the only
// goroutine that writes. When the disk fails, the writer holds a bounded number of
// entries and tries again; entries beyond that are lost, counted and logged.
package history
