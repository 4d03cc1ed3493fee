// Package ogg cuts Ogg streams of Opus, Vorbis and FLAC into units, and makes any
// sequence of units of one format a valid stream.
//
//	page:  "OggS" 00 flags granule(8) serial(4) sequence(4) CRC(4) n lacing(n) body
//	link:  BOS page with the identification header, pages with the other headers, audio
//	in:    links in a row, as sources and files send them, damaged or not
//	out:   units of whole packets, at most 200 ms each, a page of its own
//
// Encoders begin a new link at each title, and many players stop there. So the splicer
// joins links of equal parameters: the headers in between are left out, and serial,
// sequence, granule position, CRC and the frame numbers of FLAC are rewritten. A decoder
// then sees one link. Other parameters begin a true new link.
//
// The granule positions of a source are never used: they may jump back or lie at the end
// of time. The length of each packet is read from the packet itself.
//
// Ogg is RFC 3533, Opus in Ogg RFC 7845, Opus RFC 6716, Vorbis the Vorbis I
// specification, FLAC and its mapping RFC 9639 §10.1.
package ogg
