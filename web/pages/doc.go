// Package pages serves the web pages: the public page, the player to embed, the DJ's
// page and the operator's page.
//
//	in:   requests that net/http has read and gorilla/mux has routed
//	out:  HTML with the present state, and the scripts and styles that keep it
//	      up to date through the API (package api)
//
// Everything is embedded and comes from this server; there is no build step. Texts
// from strangers (titles, names, addresses) go through html/template here and through
// textContent in the browser. The package has no goroutine of its own.
package pages
