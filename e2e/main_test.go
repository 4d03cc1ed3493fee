package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the relay under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "relay-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "relay")
	args := []string{"build", "-o", binary}
	if raceDetector {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "relay/cmd/relay")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build relay: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if *tableFile != "" {
		if err := writeTable(*tableFile); err != nil {
			fmt.Fprintf(os.Stderr, "write the table of programs: %v\n", err)
			return 1
		}
	}
	return code
}

// program returns the path of a program people use. Without it the test is
// skipped, or fails where everything must be there.
func program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("RELAY_E2E_REQUIRE") != "" {
		t.Fatalf("%v is not installed, and RELAY_E2E_REQUIRE is set", names)
	}
	t.Skipf("%v is not installed", names)
	return ""
}

// thorough reports whether the long form of a test is wanted.
func thorough() bool { return os.Getenv("RELAY_E2E_REQUIRE") != "" }
