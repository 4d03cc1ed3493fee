// Package feed has what every way of filling a mount needs: the pump for audio that
// arrives, the pacer for audio that is ready, and the fallbacks of mounts.
//
//	in:   audio as a reader or as units; the streams of other mounts
//	out:  units and titles, into an input of a mount
//
// It imports none of the packages beside it, which use it to push, pull, play files
// and encode. Fallbacks.Run owns a goroutine for each fallback of each mount and
// waits for them; everything else here runs on the goroutine of its caller.
package feed
