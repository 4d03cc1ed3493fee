// Package admin is what operators, panels and scrapers see and steer by HTTP:
// Icecast's admin endpoints, the public status in JSON, and the web page.
//
//	in:   requests that net/http has read and gorilla/mux has routed
//	out:  pages, XML and JSON made from the mounts' Status; titles set on mounts
//
// It has no goroutine of its own.
package admin
