// Package codec says what a stream of audio is made of, whatever its codec. The packages
// below it know one codec each; everything else speaks of units and formats.
//
//	in:   bytes as sources and files send them
//	out:  units of a format, and sequences of them that any decoder plays
//
// A [Framer] cuts bytes into units. A [Splicer] makes any sequence of units of one
// format decodable. A [Format] says what a decoder expects to stay. A [Link] has what a
// decoder must be told first, where a codec has such a thing.
//
// Nothing here starts a goroutine; a Framer, a Splicer or a Meter must not be used
// concurrently.
package codec
