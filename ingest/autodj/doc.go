// Package autodj plays music into mounts: the files of a library, jingles, and the
// queue of an operator. Files of another format than their mount go through a Converter.
//
//	in:   lists of files, the orders of operators
//	out:  units, titles and covers, into an input of a mount
//
// AutoDJ.Run owns a goroutine for the music of each mount, which runs its Player and
// libraries. It waits for them, but not for a disk that never answers. Each file is
// read by a goroutine of its own, which ends when the disk has answered.
package autodj
