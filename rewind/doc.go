// Package rewind keeps what mounts have played on disk, by time and title.
//
//	in:   segments of a mount's stream, in order
//	out:  their audio and facts again, by time or by number; the titles of a stretch of time
//
// A Keeper follows the mounts that have a rewind. A Store is the rewind of one mount, a Shelf
// all stores of a server. Store.Run owns the only
// goroutine that writes; a bounded queue connects it with Append. So a disk that is slow,
// full or missing harms the rewind, but never the broadcast. What the kernel has in memory is
// read at once; other reads have a goroutine each, few at a time, and a time limit.
//
// A store has a folder of its own, <rewind_dir>/<mount>, with reels. A reel is up to ten
// minutes of audio: one file of segments, whatever their formats, and one index:
//
//	live/2026-11-27T11-40-00.123Z-17.audio  the segments, nothing between them
//	live/2026-11-27T11-40-00.123Z-17.index  a line for each, see line.go
//
// Times are UTC. The number at the end counts reels, so that their order does not depend on
// the clock. Both files are only appended to, audio first. So after a crash at any moment
// the index tells all whole segments, and what follows them is ignored. Opening a store
// changes no file: each start begins a new reel.
package rewind
