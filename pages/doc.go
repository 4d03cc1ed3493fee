// Package pages is what people see in a browser: the public page, the player to
// embed, the page of a DJ and that of the operator.
//
//	in:   requests that net/http has read and gorilla/mux has routed
//	out:  HTML with what is true now, and the scripts and styles that follow
//	      from there by the API (package api)
//
// Everything is embedded and comes from this server; there is no build step.
// Text that strangers wrote (titles, names, addresses) goes through
// html/template here and through textContent in the browser. It has no
// goroutine of its own.
package pages
