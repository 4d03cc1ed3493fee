// Package icecast reads the configuration of Icecast 2.4 and icecast-kh,
// icecast.xml, and says the same in relay's own TOML.
//
// In comes the text of an icecast.xml (Parse); out comes a relay.toml as its
// owner would like to find it (Config.TOML), what that does not say any more
// (Config.Notes), or the configuration itself, with errors that name the lines
// of the XML (Config.Load).
//
// Nothing in an icecast.xml that can be read is an error: what relay has no
// setting for is kept as a comment. Which settings relay has is looked up in
// the structs of package conf; what they lack is written down all the same,
// commented out, and comes alive once conf has it.
//
// The package keeps no state and starts no goroutine. It looks at the disk for
// one thing only: whether a fallback is a file.
//
//	xml.go, element.go     the XML as a tree, with lines
//	convert.go             the tree as tables, one file for each part of it:
//	                       server.go, limits.go, mount.go, relay.go, …
//	note.go, reason.go     what gets lost on the way, and why
//	known.go               which settings relay has, and their defaults
//	table.go, literal.go   the tables as TOML
//	load.go                the TOML as a configuration
package icecast
