// Package relay holds what the program takes from the top folder of its source:
// the example configuration, with every key.
package relay

import _ "embed"

// ExampleConfiguration is relay.example.toml: every key with its default and
// what it is for. Keys of tables that may be repeated are commented out.
//
//go:embed relay.example.toml
var ExampleConfiguration string
