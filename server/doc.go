// Package server is the door of the house: it accepts connections, reads
// their request heads tolerantly, tells the dialects apart and hands each
// connection to the room it belongs to.
//
//	SOURCE, PUT            to ingest, with the raw connection
//	GET, HEAD of a mount   to listeners, with the raw connection
//	all the rest           head repaired, to net/http and gorilla/mux
//
// One goroutine accepts per address; each connection has one until its room is
// done with it. Server.Run owns them all and returns when they have ended.
package server
