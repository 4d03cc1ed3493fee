// Package ingest is whatever fills a mount: source clients that push by PUT or
// SOURCE, and music files the server plays itself.
//
//	in:   a connection whose request head has been read, or a list of files
//	out:  frames and titles, into an input of a mount
//
// A source is served on the goroutine of its connection. Player.Run is a
// goroutine of whoever calls it.
package ingest
