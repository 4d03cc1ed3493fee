// Package throttle slows down clients that try one login after another.
//
//	in:   logins with the IP addresses that they came from, and whether they were right
//	out:  whether a login may be checked now, or for how long none is
//
// It keeps digests of logins, never their text, and only in memory. It owns no
// goroutine: a login waits on its caller's.
package throttle
