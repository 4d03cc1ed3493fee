// Package e2e drives the real binary as its users do: sources, listeners and
// operators over sockets, with our own wire-level clients and with the
// programs people use.
//
// TestMain builds the binary (with the race detector when the tests have it).
// A test that needs a program which is not installed is skipped, unless
// RELAY_E2E_REQUIRE is set: then it fails, so that CI cannot pass without it. The
// ACME server is built by the tests themselves, as .ci/tools pins it.
package e2e
