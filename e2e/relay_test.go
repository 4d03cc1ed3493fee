package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a condition; nothing waits for time to pass.
const patience = 20 * time.Second

// relay is a running server.
type relay struct {
	addr                          string // host:port
	sourcePassword, adminPassword string
	from                          string // the address clients of our own have; empty: any
	secure                        bool   // they speak TLS

	cmd    *exec.Cmd
	out    lockedBuffer // banner
	log    lockedBuffer
	exited chan struct{} // closed when the process has ended
	err    error         // how, then
}

// config is what most tests run with; some add tables.
const config = `
[server]
listen = ["127.0.0.1:0"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
[log]
level = "debug"
`

// start runs relay with a configuration.
func start(t testing.TB, toml string) *relay {
	t.Helper()
	path := filepath.Join(t.TempDir(), "relay.toml")
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "-c", path)
	r.sourcePassword, r.adminPassword = "hackme", "adminpass"
	return r
}

// run runs relay with arguments and waits until it is on the air.
func run(t testing.TB, args ...string) *relay {
	t.Helper()
	return launch(t, exec.Command(binary, args...))
}

// launch runs a command that becomes relay and waits until it is on the air.
func launch(t testing.TB, cmd *exec.Cmd) *relay {
	t.Helper()
	r := &relay{cmd: cmd, exited: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.log
	r.cmd.Env = append(append(os.Environ(), r.cmd.Env...), "RELAY_SOURCE_PASSWORD=", "RELAY_ADMIN_PASSWORD=")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.exited)
	}()
	t.Cleanup(func() {
		r.stop(t)
		if t.Failed() {
			t.Logf("relay said:\n%s%s", tail(r.out.String(), 30), tail(r.log.String(), 60))
		}
		if strings.Contains(r.log.String(), "DATA RACE") {
			t.Errorf("data race:\n%s", r.log.String())
		}
	})
	banner := regexp.MustCompile(`page +http://([^/\s]+)/`)
	eventually(t, "the banner", func() bool { return banner.MatchString(r.out.String()) || r.gone() })
	if r.gone() {
		t.Fatalf("relay did not start:\n%s", r.log.String())
	}
	r.addr = banner.FindStringSubmatch(r.out.String())[1]
	if m := regexp.MustCompile(`user source +password (\S+)`).FindStringSubmatch(r.out.String()); m != nil {
		r.sourcePassword = m[1]
	}
	if m := regexp.MustCompile(`user admin +password (\S+)`).FindStringSubmatch(r.out.String()); m != nil {
		r.adminPassword = m[1]
	}
	return r
}

func (r *relay) gone() bool {
	select {
	case <-r.exited:
		return true
	default:
		return false
	}
}

// stop ends the server as an operator would and returns its exit error.
func (r *relay) stop(t testing.TB) error {
	t.Helper()
	r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
		return r.err
	case <-time.After(patience):
		r.cmd.Process.Kill()
		t.Error("relay did not stop")
		return nil
	}
}

func (r *relay) url(path string) string { return "http://" + r.addr + path }

// get fetches a page.
func (r *relay) get(t testing.TB, path string) (status int, header http.Header, body string) {
	t.Helper()
	return r.request(t, http.MethodGet, path, "", "")
}

func (r *relay) request(t testing.TB, method, path, user, password string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(method, r.url(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

// source is one entry of status-json.xsl.
type source struct {
	ListenURL  string `json:"listenurl"`
	Listeners  int    `json:"listeners"`
	Title      string `json:"title"`
	ServerName string `json:"server_name"`
	Genre      string `json:"genre"`
	BitRate    int    `json:"bitrate"`
}

// sources reads status-json.xsl as widgets do: none, one or many.
func (r *relay) sources(t testing.TB) []source {
	t.Helper()
	_, _, body := r.get(t, "/status-json.xsl")
	var status struct {
		Icestats struct{ Source json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil {
		t.Fatalf("status-json.xsl: %v\n%s", err, body)
	}
	raw := status.Icestats.Source
	if len(raw) == 0 {
		return nil
	}
	if raw[0] != '[' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	var list []source
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatalf("status-json.xsl: %v\n%s", err, body)
	}
	return list
}

// source returns the entry of a mount, zero if it is not listed.
func (r *relay) source(t testing.TB, mount string) source {
	t.Helper()
	for _, s := range r.sources(t) {
		if strings.HasSuffix(s.ListenURL, mount) {
			return s
		}
	}
	return source{}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// lockedBuffer collects the output of a process while tests read it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func tail(s string, lines int) string {
	all := strings.SplitAfter(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "")
}
