// Package frames finds the frames of a codec that has nothing around them: each begins with
// a header that says where the next one is.
//
//	in:   bytes as sources and files send them, tags and garbage included
//	out:  where a frame begins, and whether it is whole
//
// A header is so short that bytes within a frame may look like one. So a header counts only
// if others follow it in a row, each where the one before says.
//
// It starts no goroutines; an Input must not be used concurrently.
package frames
