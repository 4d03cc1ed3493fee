package deploy

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The Dockerfile's own line makes a binary that needs nothing of the image it
// ends in, and nobody is root there.
func TestImageHoldsAStaticBinary(t *testing.T) {
	file := read(t, "../Dockerfile")
	for _, want := range []string{"\nFROM scratch\n", "\nUSER 65534:65534\n", "\nENTRYPOINT [\"/relay\"]\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("%q is not in the Dockerfile", want)
		}
	}
	binary := filepath.Join(t.TempDir(), "relay")
	buildAsDockerfile(t, binary, "9.8.7", "0123456789abcdef")
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

// buildAsDockerfile builds a binary by the line of the Dockerfile.
func buildAsDockerfile(t *testing.T, binary, version, commit string) {
	t.Helper()
	m := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .*) -o /relay (\S+)$`).FindStringSubmatch(read(t, "../Dockerfile"))
	if m == nil {
		t.Fatal("there is no line that builds")
	}
	build := exec.Command("sh", "-c", m[1]+` -o "$OUT" `+m[2])
	build.Dir = ".."
	build.Env = append(os.Environ(), "OUT="+binary, "VERSION="+version, "COMMIT="+commit, "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// docker-compose.yml hands over what the Dockerfile asks for, with a configuration
// of one's own too, whose lines are commented out.
func TestComposeFitsTheDockerfile(t *testing.T) {
	file, text := read(t, "../Dockerfile"), read(t, "../docker-compose.yml")
	args := regexp.MustCompile(`(?m)^ARG (\w+)=(.*)$`).FindAllStringSubmatch(file, -1)
	if len(args) != 2 {
		t.Fatalf("there are arguments %q", args)
	}
	for _, arg := range args {
		if want := "        " + arg[1] + ": ${RELAY_" + arg[1] + ":-" + arg[2] + "}\n"; !strings.Contains(text, want) {
			t.Errorf("docker-compose.yml does not have %q", want)
		}
	}
	var own struct {
		Services struct {
			Relay struct {
				Volumes, Command []string
				Healthcheck      struct{ Test []string }
			}
		}
	}
	text = regexp.MustCompile(`(?m)^( *)# (- |command:|healthcheck:)`).ReplaceAllString(text, "$1$2")
	if err := yaml.Unmarshal([]byte(text), &own); err != nil {
		t.Fatal(err)
	}
	relay := own.Services.Relay
	if !slices.Contains(relay.Volumes, "relay:/data") || !slices.Contains(relay.Volumes, "./relay.toml:/etc/relay/relay.toml:ro") ||
		!slices.Equal(relay.Command, []string{"-c", "/etc/relay/relay.toml"}) ||
		!slices.Equal(relay.Healthcheck.Test, append([]string{"CMD", "/relay", "health"}, relay.Command...)) {
		t.Errorf("with a configuration of one's own it is %+v", relay)
	}
	for _, private := range []string{".env", "relay.toml", "music"} {
		if !strings.Contains(read(t, "../.dockerignore"), "\n"+private+"\n") {
			t.Errorf("the image is built of %s too", private)
		}
	}
}
