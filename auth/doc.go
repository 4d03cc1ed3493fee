// Package auth decides who may send a stream, listen and administer. It knows logins, not
// mounts or routes: its caller names the mount.
//
//	in:   a request's Authorization, the names and passwords of the configuration, lists
//	      of bans, signed addresses, verdicts of htpasswd files (auth/htpasswd) and of
//	      hooks (auth/hooks), the waits that auth/throttle imposes
//	out:  nil, or a Refusal that says in words what was wrong
//
// It owns the goroutines of Gate.Run, which follow the lists of bans and notify hooks.
// A check runs on its caller's goroutine.
package auth
