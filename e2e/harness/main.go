package harness

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// Binary is the path of the relay under test. Main sets it.
var Binary string

// PerCore is how many tests of a package run at once per core, unless the flag
// -parallel is given: nearly all of them wait for audio, which arrives in real time,
// and need little CPU. A package whose tests need more lowers it before Main.
var PerCore = 4

// Main builds the binary, runs the tests of a package, then calls the functions in
// after, and exits; an error of theirs fails the run. A package calls it from its
// TestMain.
func Main(m *testing.M, after ...func() error) {
	os.Exit(buildAndRun(m, after))
}

func buildAndRun(m *testing.M, after []func() error) int {
	dir, err := os.MkdirTemp("", "relay-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	Binary = filepath.Join(dir, "relay")
	var options []string
	if RaceDetector {
		options = append(options, "-race")
	}
	if err := build(Binary, options...); err != nil {
		fmt.Fprintf(os.Stderr, "build relay: %v\n", err)
		return 1
	}
	runSideBySide()
	code := m.Run()
	for _, do := range after {
		if err := do(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// runSideBySide runs more tests of a package at once than there are cores.
func runSideBySide() {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		flag.Set("test.parallel", strconv.Itoa(PerCore*runtime.GOMAXPROCS(0)))
	}
}

// build writes the binary to path. "go run" keeps the linked program in Go's build
// cache, which "go build -o" does not: only the first package links it, the others
// copy it.
func build(path string, options ...string) error {
	args := append(append([]string{"run"}, options...), "-exec", "cp", "relay/cmd/relay", path)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Program returns the path of the first of the named programs that is installed. If
// none is, the test is skipped or fails; see Missing.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "%s is not installed", strings.Join(names, " or "))
	return ""
}

// Missing skips a test that needs something this machine does not have. If
// RELAY_E2E_REQUIRE is set, it fails the test.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if os.Getenv("RELAY_E2E_REQUIRE") != "" {
		t.Fatalf("%s, and RELAY_E2E_REQUIRE is set", what)
	}
	t.Skipf("%s; .ci/run installs what the tests need and runs them all", what)
}

// Long reports whether long tests should run: RELAY_E2E_LONG is set.
func Long() bool { return os.Getenv("RELAY_E2E_LONG") != "" }

// NeedsLong skips a long test unless long tests should run.
func NeedsLong(t testing.TB) {
	t.Helper()
	if !Long() {
		t.Skip("takes long; RELAY_E2E_LONG=1 runs it, as .ci/run does")
	}
}
