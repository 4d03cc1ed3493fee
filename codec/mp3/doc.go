// Package mp3 cuts a byte stream into MP3 frames and makes any sequence of them
// decodable.
//
//	in:   bytes as sources and files send them, tags and garbage included
//	out:  whole MPEG-1, 2 and 2.5 layer III frames, their bit rate and format
//
// A [Cutter] finds the frames. The main data of a frame may begin up to 511 bytes back,
// in earlier frames: the bit reservoir (§2.4.3.4). After a splice, those bytes are
// missing: a [Splicer] mutes the few frames that depend on them. It also adds silent
// frames to a running stream, and skips frames of it. Others use both by way of [Codec].
//
// The package starts no goroutines; a Cutter or a Splicer must not be used concurrently. Section numbers are those of ISO/IEC 11172-3; MPEG-2 and 2.5 halve and
// quarter its sample rates (ISO/IEC 13818-3).
package mp3
