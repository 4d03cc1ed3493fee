// Package version says which relay this is.
package version

// Number is the release, stamped by the build:
//
//	go build -ldflags "-X relay/version.Number=1.2.3" ./cmd/relay
var Number = "0.1.0-dev"

// Server is how the program names itself in Server header lines and
// statistics.
func Server() string { return "relay/" + Number }
