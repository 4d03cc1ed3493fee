// Package recordings keeps what live sources have played: MP3 files with a cue
// sheet of the titles beside each.
//
//	in:   the streams of mounts, read as any listener reads them
//	out:  files in the mounts' record_dir
//
// A mount that is recorded has two goroutines. One follows the stream and cuts
// it into takes, one puts takes on the disk; between them is a queue. So a
// disk that is slow, full or gone costs the recording, and never the
// broadcast.
//
// Files are only ever appended to, whole frames at a time, and need no end: one
// that kill -9 has left behind plays like any other.
package recordings
