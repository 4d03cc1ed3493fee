// Package recordings stores the programme of live sources: files in the codec of the mount,
// each with a cue sheet of the titles.
//
//	in:   the streams of mounts, read as a listener reads them
//	out:  files in the mounts' record_dir
//
// A recorded mount has two goroutines. One reads the stream and cuts it into segments,
// the other writes segments to the disk; a queue connects them. So a disk that is slow,
// full or missing harms the recording, but never the broadcast.
//
// Files begin with the headers of their link, where the codec has links, are only appended
// to, by whole units, and need no trailer: a file left behind by kill -9 plays like any
// other.
package recordings
