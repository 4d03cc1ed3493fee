// Package icecast has the HTTP endpoints of Icecast and SHOUTcast, by which programs,
// panels and scrapers read and control a server: Icecast's commands under /admin/, its
// status in JSON and its STATS method, and SHOUTcast's statistics and /admin.cgi.
//
//	in:   requests that net/http has read and gorilla/mux has routed; a STATS
//	      request with its connection
//	out:  XML, JSON and pages made from the mounts' Status; titles set on mounts,
//	      and orders to sources and listeners
//
// Status codes and sentences are those of the recorded exchanges in e2e/recorded, since
// programs look for them. The package has no goroutine of its own.
package icecast
