// Package segments cuts the streams of mounts into segments: the pieces in which HLS serves
// a stream and the rewind keeps it.
//
//	in:   the stream of a mount
//	out:  segments of about 6 s, with their times and titles
//
// A stream is always cut at the same places, whoever cuts it and whenever that began: at
// multiples of Length from its beginning, and where its format changes. A segment holds no
// copy of the audio: it is a place in the stream, and its bytes are shared by all.
package segments
