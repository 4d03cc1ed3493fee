// Package library finds the music that a station plays from disk and says what
// comes next.
//
//	in:   files, folders and playlists; "sequence" or "shuffle"
//	out:  the path of one file after the other, for ever
//
// What was found lies in a file, not in memory: a hundred thousand tracks cost
// no more than ten. Library.Run is the one goroutine; it looks again for what
// has come and gone.
package library
