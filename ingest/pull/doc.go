// Package pull fills mounts with the streams of other servers.
//
//	in:   the addresses of streams and playlists, the list of a master's mounts
//	out:  units and titles, into an input of a mount
//
// Relay.Run and Master.Run block, each in a goroutine of its caller. A Master owns
// the goroutine of each relay that it starts, and waits for all of them. A Puller
// starts none; the caller closes what it returns. Package hls reads streams that come in
// segments; a fetcher gets their parts for it.
package pull
