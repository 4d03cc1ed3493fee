// Package hooks asks and tells the operator's own web server, as Icecast does: may this
// listener in, may this source send, a source has come, a listener has left.
//
//	in:   clients to ask about and events to tell of, with the address of a hook
//	out:  a Verdict on each client; forms sent by POST (e2e/recorded/auth-url.txt)
//
// Each question runs on its caller's goroutine. Events wait in a bounded queue for each
// server, and Run's workers send them. A hook that gives no answers has a breaker, so that
// nobody waits for it. Which hook a mount has, and what a verdict means for a client, is
// for the caller to know.
package hooks
