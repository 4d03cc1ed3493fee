// Package hostile sends a running server requests that it should never get: from
// broken programs, from curious people, and from people who want it off the air.
//
// One server is on the air throughout, with a source that sends numbered frames and
// fifty listeners of every kind. Each case has an expected answer. After each case
// every listener must have every frame, no listener may have got metadata that was
// not set, and the server's logs must consist of complete lines of its own.
package hostile
