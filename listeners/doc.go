// Package listeners is whatever empties a mount: the answer to GET /mount, the
// writers that keep thousands of sockets fed, and the playlist files that
// point players at a mount.
//
//	in:   a connection whose request head has been read, and the mount it wants
//	out:  head, burst, audio and metadata blocks, until either side leaves
//
// The goroutine of the connection writes head and burst at once, then leaves
// the socket to a shard and ends. One shard per core visits its listeners on
// the flush interval; Writers owns their goroutines. No goroutine and no
// buffer per listener: what a listener has not been sent is in the stream.
package listeners
