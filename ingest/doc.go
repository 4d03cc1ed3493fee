// Package ingest serves source clients, which push a stream by PUT, SOURCE or
// SHOUTcast's protocol. The packages below it fill mounts in other ways; ingest/feed
// has what all of them share.
//
//	in:   a connection whose request head or password line has been read
//	out:  units and titles, into an input of a mount
//
// A source is served on the goroutine of its connection, which ends with the source.
package ingest
