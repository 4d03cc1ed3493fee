// Package hls serves mounts by HTTP Live Streaming (RFC 8216): playlists, and segments cut
// from the units that all other listeners hear.
//
//	in:   a request whose head has been read; the streams of mounts
//	out:  answers on the same connection, which is kept for the next request
//
// A tape follows the stream of a mount and cuts it into segments. A segment holds no copy
// of the audio: it is a place in the stream, and its bytes are shared by all. A session is
// a client that asks for the playlist of a mount again and again; it is in the audience of
// that mount like any other listener, and has neither goroutine nor descriptor.
//
// Hub.Run owns the only goroutine. It moves the tapes on and ends the sessions of clients
// that ask no more.
package hls
