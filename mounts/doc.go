// Package mounts is the middle of the house: a mount has inputs that feed it,
// one stream that grows at its end, and listeners that follow the stream.
//
//	in:   frames and titles, from live sources, files, relays (package ingest)
//	out:  a Cursor for every listener (package listeners)
//
// Inputs are kept in order of priority; the best one that has something to
// play is on the air, and a change between them happens at a frame. Whoever
// feeds an input does so from its own goroutine; the mount's mutex makes them
// one writer. Readers of a stream take no lock at all. The package starts no
// goroutine; its only timer ends the grace of a lost source.
package mounts
