// Package frames cuts a byte stream into MP3 frames and makes any sequence of
// them decodable.
//
//	in:   bytes as sources and files send them, tags and garbage included
//	out:  whole MPEG-1, 2 and 2.5 layer III frames, and what they measure
//
// A [Cutter] finds the frames. A frame may begin its main data up to 511 bytes
// back, in earlier frames: the bit reservoir (§2.4.3.4). Wherever a frame comes
// to follow one it was not encoded after, those bytes are not there: a
// [Splicer] mutes the few frames that lean on what is missing. A [Meter] tells
// bit rate and format.
//
// The package has no goroutines; a Cutter, a Splicer or a Meter belongs to one
// user at a time. Section numbers are those of ISO/IEC 11172-3;
// MPEG-2 and 2.5 halve and quarter its sample rates (ISO/IEC 13818-3).
package frames
