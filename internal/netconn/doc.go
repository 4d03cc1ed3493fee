// Package netconn has operations on connections and their addresses that several
// packages need.
//
//	in:   a net.Conn, perhaps within TLS and the PROXY protocol; an address as text
//	out:  the connection below, a close that loses nothing, many writes in one call, the
//	      host of an address
//
// It owns no goroutines or connections.
package netconn
