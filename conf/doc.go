// Package conf is the configuration: one TOML file as plain structs, with
// defaults, and with errors that name file, line, key, value and what would be
// right.
//
// In comes a file (Load) or a text (Parse), and the environment variables
// RELAY_SOURCE_PASSWORD and RELAY_ADMIN_PASSWORD; out comes a Config whose every
// value has been checked, or all the problems that were found. Every key is
// optional and relay.example.toml shows each with its default; an unknown key
// is an error. Try looks at the files of the certificate as well.
//
// A Config is not changed after loading, so any number of goroutines may read
// it. The package starts no goroutine and imports no other package of relay.
//
// How a text is read, in the order of the files:
//
//	parse.go    TOML syntax, by github.com/BurntSushi/toml
//	lines.go    the line of every key, for the errors
//	reader.go   values into struct fields, by their toml tags
//	server.go … one file for each table: its struct and what it allows
//	size.go …   one file for each kind of value
package conf
