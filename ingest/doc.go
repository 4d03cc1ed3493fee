// Package ingest is whatever fills a mount: source clients that push by PUT or
// SOURCE, streams that are pulled from other servers, the streams of other
// mounts, music files and silence.
//
//	in:   a connection whose request head has been read, an address, a list of files
//	out:  frames and titles, into an input of a mount
//
// A source is served on the goroutine of its connection. The Run methods of
// Relay, Master, Player and Substitutes are goroutines of whoever calls them.
package ingest
