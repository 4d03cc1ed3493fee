// Package library finds the music that a station plays from disk, and chooses the
// next track.
//
//	in:   files, folders and playlists; "sequence" or "shuffle"
//	out:  the path of one file after the other, without end
//
// The list of paths is in a file, not in memory, where a track costs one bit: whether
// it was played in this round. Library.Run rescans at intervals and saves the round,
// in a goroutine each.
package library
