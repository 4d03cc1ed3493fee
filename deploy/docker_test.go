package deploy

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// The Dockerfile's own line makes a binary that needs nothing of the image it
// ends in, and nobody is root there.
func TestImageHoldsAStaticBinary(t *testing.T) {
	file := read(t, "../Dockerfile")
	m := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .*) -o /relay (\S+)$`).FindStringSubmatch(file)
	if m == nil {
		t.Fatal("there is no line that builds")
	}
	for _, want := range []string{"\nFROM scratch\n", "\nUSER 65534:65534\n", "\nENTRYPOINT [\"/relay\"]\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("%q is not in the Dockerfile", want)
		}
	}
	binary := filepath.Join(t.TempDir(), "relay")
	build := exec.Command("sh", "-c", m[1]+` -o "$OUT" `+m[2])
	build.Dir = ".."
	build.Env = append(os.Environ(), "OUT="+binary, "VERSION=9.8.7", "COMMIT=0123456789abcdef", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if runtime.GOOS == "linux" {
		program, err := elf.Open(binary)
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		if libraries, err := program.ImportedLibraries(); err != nil || len(libraries) > 0 {
			t.Errorf("it is linked with %v (%v)", libraries, err)
		}
		for _, segment := range program.Progs {
			if segment.Type == elf.PT_INTERP {
				t.Error("it needs a loader")
			}
		}
	}
	out, err := exec.Command(binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "relay 9.8.7 (commit 0123456789ab, ") {
		t.Errorf("it says %q, %v", out, err)
	}
}
