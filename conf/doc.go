// Package conf reads the configuration: one TOML file as plain structs, with defaults,
// and with errors that give file, line, key, value and the remedy.
//
//	in:   a file (Load) or a text (Parse), and the environment variables
//	      RELAY_SOURCE_PASSWORD and RELAY_ADMIN_PASSWORD
//	out:  a Config whose values have all been checked, or all problems found
//
// Every key is optional, and relay.example.toml shows each with its default; an unknown
// key is an error. Try also checks the files of the certificate, Review warns of
// settings that are probably unintended, and Places checks all files and folders in the
// configuration.
//
// A Config does not change after loading, so any number of goroutines may read it. The
// package imports no other package of relay but internal/disk. Only Places starts
// goroutines, and waits for them.
//
// The steps of reading a text, in the order of the files:
//
//	parse.go    TOML syntax, by github.com/BurntSushi/toml
//	lines.go    the line of every key, for the errors
//	reader.go   values into struct fields, by their toml tags
//	server.go … one file for each table: its struct and its allowed values
//	size.go …   one file for each kind of value
package conf
