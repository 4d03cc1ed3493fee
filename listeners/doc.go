// Package listeners serves the listeners of mounts: it answers GET /mount, writes the
// stream to thousands of sockets, and answers requests for the playlist files that
// point players at a mount.
//
//	in:   a connection whose request head has been read, and the mount it wants
//	out:  head, burst, audio and metadata blocks, until either side leaves
//
// The goroutine of the connection writes head and burst at once, hands the socket to
// a shard and ends. There is up to one shard per core, and each flushes its listeners at
// intervals that follow what their players hold; Writers owns the shards' goroutines. A
// listener has no goroutine and no buffer of its own: the bytes it has not been sent yet
// are in the stream. Those behind TLS and those in the past of a mount have a goroutine
// each, because writing or reading may wait.
package listeners
