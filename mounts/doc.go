// Package mounts is the centre of relay: a mount has inputs that feed it, one stream
// that grows at its end, and listeners that read the stream.
//
//	in:   units of audio and titles, from live sources, files, relays (package ingest)
//	out:  a Cursor for every listener (package listeners)
//
// Inputs are kept in order of priority. The best one that has something to play is on
// the air, and inputs change between two units. Each input is fed by a goroutine of
// its own; the mount's mutex makes them one writer. Readers of a stream take no lock.
// The package starts goroutines only to read and convert intros. Each mount has a timer
// that ends the grace of a lost source, and one that looks for stalled inputs.
package mounts
