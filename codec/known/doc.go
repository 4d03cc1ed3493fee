// Package known has the codecs of this server: it chooses one by its name, by the
// Content-Type of a stream or by the bytes themselves.
//
//	in:   names, Content-Types, the first bytes of streams and files
//	out:  codecs and framers, or the name of what cannot be played
//
// It starts no goroutines.
package known
