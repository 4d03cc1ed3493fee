// Package hostile sends a running server what it should never get: from broken
// programs, from the curious, and from those who want it silent.
//
// One server is on the air through all of it, with a source that sends numbered
// frames and fifty listeners of every kind. Each case says what answer it
// expects, and after each of them every listener must have every frame, no
// metadata that nobody sent, and the server's logs must hold nothing but whole
// lines of their own.
package hostile
