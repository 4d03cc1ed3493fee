// Package encode sends audio through encoder programs.
//
//	in:   the stream of a mount, the units of an input, or a track
//	out:  units at another bit rate or of another format
//
// A Rendition plays the stream of a mount at another bit rate or by another codec; its Run blocks, in a
// goroutine of its caller, and waits for the encoder and the goroutines around it. A
// Converter brings inputs and tracks to the format of their mount. It owns a goroutine
// and an encoder for each input, for which its Run waits; the reader of a track owns its
// encoder.
package encode
