// Package server accepts connections, reads their request heads tolerantly, tells the
// dialects apart, and hands each connection to the package that serves it.
//
//	SOURCE, PUT            to ingest, with the raw connection
//	GET, HEAD of a mount   to listeners, with the raw connection
//	all other requests     to net/http and gorilla/mux, with a repaired head
//
// One goroutine accepts connections for each address. Each connection has a goroutine
// of its own until it has been handed on or served. Server.Run owns all of them, and
// returns when they have ended.
package server
