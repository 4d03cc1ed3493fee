// Package api is how programs and pages see and steer the server: JSON over
// HTTP under /api/v1, described by openapi.json.
//
//	in:   requests that net/http has read
//	out:  what the mounts are and what has become of them; orders to them
//
// An operation is a line in the table of operations.go: its method, its path,
// who may do it, and the method of Handlers that does it. Everything that
// holds for all of them (credentials, guards against other sites, headers,
// limits of bodies) is in serve.go. Whatever goes wrong is answered as problem
// details (RFC 9457).
//
// Events tells of changes. It is the only thing here that runs.
package api
