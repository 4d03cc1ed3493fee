// Package harness is shared by the packages of e2e. It builds the real binary, runs
// it, and drives it as its users do: with sources, listeners and operators on the
// wire, and with the programs that people use.
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
//	}
//
// Main builds the binary, with the race detector if the tests have it. Everything
// that a helper starts ends with the test. A test that needs a program which is not
// installed is skipped, or fails if RELAY_E2E_REQUIRE is set. Long tests run only if
// RELAY_E2E_LONG is set. .ci/run sets both.
package harness
