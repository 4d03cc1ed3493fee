package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// Patience bounds every wait for a condition; nothing waits for time to pass. It is
// far more than any of them needs on a machine whose cores are busy.
const Patience = time.Minute

// Relay is a running server.
type Relay struct {
	Addr                          string // host:port
	SourcePassword, AdminPassword string
	From                          string // the address clients of our own have; empty: any
	Secure                        bool   // they speak TLS

	Cmd    *exec.Cmd
	Out    Buffer // banner
	Log    Buffer
	Exited chan struct{} // closed when the process has ended
	err    error         // how, then
}

// Config is what most tests run with; some add tables.
const Config = `
[server]
listen = ["127.0.0.1:0"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
[log]
level = "debug"
`

// Start runs relay with a configuration, and with env ("NAME=value") in its
// environment.
func Start(t testing.TB, toml string, env ...string) *Relay {
	t.Helper()
	path := filepath.Join(t.TempDir(), "relay.toml")
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(Binary, "-c", path)
	cmd.Env = env
	r := Launch(t, cmd)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r
}

// Run runs relay with arguments and waits until it is on the air.
func Run(t testing.TB, args ...string) *Relay {
	t.Helper()
	return Launch(t, exec.Command(Binary, args...))
}

// Launch runs a command that becomes relay and waits until it is on the air.
func Launch(t testing.TB, cmd *exec.Cmd) *Relay {
	t.Helper()
	r := &Relay{Cmd: cmd}
	r.Cmd.Stdout, r.Cmd.Stderr = &r.Out, &r.Log
	r.start(t)
	banner := regexp.MustCompile(`page +http://([^/\s]+)/`)
	Eventually(t, "the banner", func() bool { return banner.MatchString(r.Out.String()) || r.Gone() })
	if r.Gone() {
		t.Fatalf("relay did not start:\n%s", r.Log.String())
	}
	r.Addr = banner.FindStringSubmatch(r.Out.String())[1]
	if m := regexp.MustCompile(`user source +password (\S+)`).FindStringSubmatch(r.Out.String()); m != nil {
		r.SourcePassword = m[1]
	}
	if m := regexp.MustCompile(`user admin +password (\S+)`).FindStringSubmatch(r.Out.String()); m != nil {
		r.AdminPassword = m[1]
	}
	return r
}

// LaunchMute runs a command that becomes relay with Config at an address and
// whose output goes where the command has it. It waits until relay answers there.
func LaunchMute(t testing.TB, cmd *exec.Cmd, addr string) *Relay {
	t.Helper()
	r := &Relay{Cmd: cmd, Addr: addr, SourcePassword: "hackme", AdminPassword: "adminpass"}
	r.start(t)
	Eventually(t, "an answer at "+addr, func() bool {
		answer, err := client.Get(r.URL("/readyz"))
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK || r.Gone()
	})
	if r.Gone() {
		t.Fatalf("relay has ended: %v", r.err)
	}
	return r
}

// start runs the command, until the test ends.
func (r *Relay) start(t testing.TB) {
	t.Helper()
	r.Exited = make(chan struct{})
	r.Cmd.Env = append(append(os.Environ(), r.Cmd.Env...), "RELAY_SOURCE_PASSWORD=", "RELAY_ADMIN_PASSWORD=")
	if err := r.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = r.Cmd.Wait()
		close(r.Exited)
	}()
	t.Cleanup(func() {
		r.Stop(t)
		if t.Failed() {
			t.Logf("relay said:\n%s%s", Tail(r.Out.String(), 30), Tail(r.Log.String(), 60))
		}
		if strings.Contains(r.Log.String(), "DATA RACE") {
			t.Errorf("data race:\n%s", r.Log.String())
		}
	})
}

// Says waits until each of the texts is in the server's log, which is written a
// moment after what it tells of.
func (r *Relay) Says(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		Eventually(t, fmt.Sprintf("%q in the log", text), func() bool { return strings.Contains(r.Log.String(), text) })
	}
}

// Gone reports whether the server has ended.
func (r *Relay) Gone() bool {
	select {
	case <-r.Exited:
		return true
	default:
		return false
	}
}

// Stop ends the server as an operator would and returns its exit error.
func (r *Relay) Stop(t testing.TB) error {
	t.Helper()
	r.Cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.Exited:
		return r.err
	case <-time.After(Patience):
		r.Cmd.Process.Kill()
		t.Error("relay did not stop")
		return nil
	}
}

// URL returns the address of a page.
func (r *Relay) URL(path string) string { return "http://" + r.Addr + path }

// client makes the requests of Relay. It does not wait for ever.
var client = &http.Client{Timeout: Patience}

// Get fetches a page.
func (r *Relay) Get(t testing.TB, path string) (status int, header http.Header, body string) {
	t.Helper()
	return r.Request(t, http.MethodGet, path, "", "")
}

// Request makes a request, with a login unless the user is empty.
func (r *Relay) Request(t testing.TB, method, path, user, password string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(method, r.URL(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	answer, err := client.Do(req)
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

// Source is one entry of status-json.xsl.
type Source struct {
	ListenURL  string `json:"listenurl"`
	Listeners  int    `json:"listeners"`
	Title      string `json:"title"`
	ServerName string `json:"server_name"`
	Genre      string `json:"genre"`
	BitRate    int    `json:"bitrate"`
}

// Sources reads status-json.xsl as widgets do: none, one or many.
func (r *Relay) Sources(t testing.TB) []Source {
	t.Helper()
	_, _, body := r.Get(t, "/status-json.xsl")
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
	var list []Source
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatalf("status-json.xsl: %v\n%s", err, body)
	}
	return list
}

// Source returns the entry of a mount, zero if it is not listed.
func (r *Relay) Source(t testing.TB, mount string) Source {
	t.Helper()
	for _, s := range r.Sources(t) {
		if strings.HasSuffix(s.ListenURL, mount) {
			return s
		}
	}
	return Source{}
}

// Eventually waits for a condition.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	EventuallyIn(t, Patience, what, condition)
}

// EventuallyIn is Eventually for what takes longer than everything else on a busy
// machine.
func EventuallyIn(t testing.TB, patience time.Duration, what string, condition func() bool) {
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
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns what was written so far.
func (b *Buffer) String() string { return b.From(0) }

// From returns what was written behind so many bytes.
func (b *Buffer) From(offset int64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf.Bytes()[offset:])
}

// Tail returns the last lines of a text.
func Tail(s string, lines int) string {
	all := strings.SplitAfter(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "")
}

// Rewrite replaces a configuration and asks the server to read it, which must
// log what is expected.
func (r *Relay) Rewrite(t *testing.T, path, toml, expected string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	before := len(r.Log.String())
	if err := r.Cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the reload", func() bool { return strings.Contains(r.Log.String()[before:], expected) })
}

// Left returns how many sources have left a mount, which is free when one has.
func (r *Relay) Left(mount string) int {
	n := 0
	for line := range strings.Lines(r.Log.String()) {
		if strings.Contains(line, "source left") && strings.Contains(line, `"mount": "`+mount+`"`) {
			n++
		}
	}
	return n
}
