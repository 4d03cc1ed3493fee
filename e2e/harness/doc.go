// Package harness has what the packages of e2e share: it builds the real binary,
// runs it, and drives it as its users do: with sources, listeners and operators of
// our own on the wire, and with the programs people use.
//
//	func TestMain(m *testing.M) { harness.Main(m) }
//
//	func TestX(t *testing.T) {
//		t.Parallel()
//		r := harness.Start(t, harness.Config)
//		e := r.Encode(t, "/live") // a source
//		e.Frames(t, 100)
//		p := r.Tune(t, "/live") // a listener
//		first, last, err := p.InOrder(90)
//		…
//
// Main builds the binary, with the race detector when the tests have it. What was
// started ends with its test. A test that needs a program which is not installed
// is skipped, unless RELAY_E2E_REQUIRE is set: then it fails. What takes long runs
// when RELAY_E2E_LONG is set. .ci/run sets both.
package harness
