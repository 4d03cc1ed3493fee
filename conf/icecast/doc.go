// Package icecast converts the configuration of Icecast 2.4 and icecast-kh,
// icecast.xml, to relay's own TOML.
//
//	in:   the text of an icecast.xml (Parse)
//	out:  a relay.toml for people to edit (Config.TOML), what it leaves out
//	      (Config.Notes), or the configuration itself, with errors that give the
//	      lines of the XML (Config.Load)
//
// No readable icecast.xml is an error: elements without a counterpart become comments.
// The structs of package conf determine which settings relay has; settings that are
// missing there are written as comments, and become active once conf has them.
//
// The package keeps no state and starts no goroutine. It accesses the disk only to find
// out whether a fallback is a file.
//
//	xml.go, element.go     the XML as a tree, with lines
//	convert.go             the tree as tables, one file for each part of it:
//	                       server.go, limits.go, mount.go, relay.go, …
//	note.go, reason.go     what gets lost, and why
//	known.go               which settings relay has, and their defaults
//	table.go, literal.go   the tables as TOML
//	load.go                the TOML as a configuration
package icecast
