// Package api lets programs and pages observe and control the server: JSON over HTTP
// under /api/v1, described by openapi.json.
//
//	in:   requests that net/http has read
//	out:  the state of mounts and their history; orders to mounts
//
// An operation is a line in the table of operations.go: its method, its path, who may
// use it, and the method of Handlers that carries it out. serve.go has what is common
// to all of them: credentials, guards against other sites, headers, limits of bodies.
// Every error is answered as problem details (RFC 9457).
//
// Events reports changes as they happen. Events.Run is the only goroutine of this
// package; the caller runs it.
package api
