package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/certificates"
	"relay/mounts"
)

// documented reads the tables of docs/metrics.md as lines of metric, type, labels and
// meaning.
func documented(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `(relay_\\w+)` \\| (\\w+) \\| ([\\w, ]*?) ?\\| (.*) \\|$")
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, strings.Join(m[1:], " | "))
	}
	slices.Sort(lines)
	return lines
}

// shown returns the same lines from the text of /metrics.
func shown(text string) (lines []string) {
	help, kind, labels := map[string]string{}, map[string]string{}, map[string]string{}
	label := regexp.MustCompile(`(\w+)="`)
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		switch {
		case words[0] == "#" && words[1] == "HELP":
			help[words[2]] = words[3]
		case words[0] == "#" && words[1] == "TYPE":
			kind[words[2]] = words[3]
		default:
			name, rest, _ := strings.Cut(line, "{")
			var names []string
			for _, m := range label.FindAllStringSubmatch(rest, -1) {
				names = append(names, m[1])
			}
			slices.SortFunc(names, func(a, b string) int { // mount first
				return strings.Compare(strings.Replace(a, "mount", "", 1), strings.Replace(b, "mount", "", 1))
			})
			labels[name] = strings.Join(names, ", ")
		}
	}
	for name := range help {
		if strings.HasPrefix(name, "relay_") {
			lines = append(lines, fmt.Sprintf("%s | %s | %s | %s", name, kind[name], labels[name], help[name]))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestMetricsAsDocumented(t *testing.T) {
	certs, err := certificates.Open(conf.TLS{ACMEHosts: []string{"radio.example.org"}, ACMECache: t.TempDir()}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	s := newSecureServer(t, "[[mount]]\nname = '/live'\nmax_listeners = 5\n", certs)
	in, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Registry.Close()
	defer in.Detach()
	w := httptest.NewRecorder()
	s.routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	there, told := shown(w.Body.String()), documented(t)
	if len(there) < 20 {
		t.Fatalf("%d metrics: %s", len(there), w.Body)
	}
	for _, line := range there {
		if !slices.Contains(told, line) {
			t.Errorf("docs/metrics.md does not say: %s", line)
		}
	}
	for _, line := range told {
		if !slices.Contains(there, line) {
			t.Errorf("docs/metrics.md says what is not so: %s", line)
		}
	}
}

// The counters of a mount never decrease, whatever the mount does.
func TestCountersGoOnWhenAMountComesBack(t *testing.T) {
	s := newServer(t, "[[mount]]\nname = '/live'\ngrace = '0s'\n")
	defer s.Registry.Close()
	counted := func() string {
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return regexp.MustCompile(`relay_mount_sources_total\{mount="/live"\} \d+`).FindString(w.Body.String())
	}
	for n := 1; n <= 3; n++ {
		in, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`relay_mount_sources_total{mount="/live"} %d`, n)
		if counted() != want {
			t.Errorf("%q, want %q", counted(), want)
		}
		in.Detach()
		for s.Registry.Find("/live") != nil { // the mount ends by a timer, in spite of a grace of 0
			runtime.Gosched()
		}
		if got := counted(); got != want {
			t.Errorf("a mount that is gone shows %q, want %q", got, want)
		}
	}
}
