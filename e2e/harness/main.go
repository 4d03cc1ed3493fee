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

// PerCore is how many tests of a package run at once for each core, unless go test
// was told how many: nearly all of them wait for sound, which comes in real time, and
// need next to no processor. A package whose tests need more lowers it before Main.
var PerCore = 4

// Main runs the tests of a package with the real binary, then what follows them.
// A package calls it from its TestMain.
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

// runSideBySide lets more tests of a package run at once than there are cores.
func runSideBySide() {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		flag.Set("test.parallel", strconv.Itoa(PerCore*runtime.GOMAXPROCS(0)))
	}
}

// build writes the binary to a path. "go run" keeps what it has linked in Go's
// build cache, which "go build -o" does not: the first package to ask pays for the
// link, the others copy.
func build(path string, options ...string) error {
	args := append(append([]string{"run"}, options...), "-exec", "cp", "relay/cmd/relay", path)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Program returns the path of a program people use, by the first of its names
// that is installed. Without it the test is skipped, or fails where everything
// must be there.
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

// Missing skips a test that needs what this machine does not have, or fails it
// where everything must be there: RELAY_E2E_REQUIRE is set.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if os.Getenv("RELAY_E2E_REQUIRE") != "" {
		t.Fatalf("%s, and RELAY_E2E_REQUIRE is set", what)
	}
	t.Skipf("%s; .ci/run installs what the tests need and runs them all", what)
}

// Long reports whether long tests are wanted: RELAY_E2E_LONG is set.
func Long() bool { return os.Getenv("RELAY_E2E_LONG") != "" }

// NeedsLong skips a test that takes long unless long tests are wanted.
func NeedsLong(t testing.TB) {
	t.Helper()
	if !Long() {
		t.Skip("takes long; RELAY_E2E_LONG=1 runs it, as .ci/run does")
	}
}
