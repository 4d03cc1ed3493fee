package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience bounds every wait for a condition; no test waits for a fixed time. It is
// far longer than any condition needs, even on a busy machine.
const Patience = time.Minute

// Relay is a running server, with what the tests' clients need to connect to it.
type Relay struct {
	Addr                          string // host:port
	SourcePassword, AdminPassword string
	From                          string // local address of the tests' clients; empty: any
	Secure                        bool   // the tests' clients use TLS

	Cmd    *exec.Cmd
	Out    Buffer // the banner
	Log    Buffer
	Exited chan struct{} // closed when the process has ended
	err    error         // the exit error, set before Exited is closed
}

// Config is the configuration of most tests; some add tables.
const Config = `
[server]
listen = ["127.0.0.1:0"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
[log]
level = "debug"
`

// Start starts relay with a configuration, and with env ("NAME=value") added to its
// environment. It returns when relay has written its banner. Relay is stopped when
// the test ends; see Launch.
func Start(t testing.TB, toml string, env ...string) *Relay {
	t.Helper()
	cmd := exec.Command(Binary, "-c", WriteFile(t, "relay.toml", toml))
	cmd.Env = env
	r := Launch(t, cmd)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r
}

// Run starts relay with arguments and waits for its banner, like Launch.
func Run(t testing.TB, args ...string) *Relay {
	t.Helper()
	return Launch(t, exec.Command(Binary, args...))
}

// Launch starts a command that runs relay, waits for its banner, and takes the
// address and passwords from it. When the test ends relay is stopped; a failed test
// logs the end of its output, and a data race in its log fails the test.
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

// LaunchMute starts a command that runs relay with Config at addr, with output that
// the tests cannot read. It returns when /readyz answers 200. Relay is stopped when
// the test ends.
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

// start starts the command, and stops it when the test ends.
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
			t.Logf("relay said:\n%s%s", Tail(r.Out.String(), 30), Tail(WithoutFarewells(r.Log.String()), 60))
		}
		if strings.Contains(r.Log.String(), "DATA RACE") {
			t.Errorf("data race:\n%s", r.Log.String())
		}
	})
}

// WithoutFarewells returns a log without the lines about listeners that left: at the
// end of a test there are so many that they hide everything else.
func WithoutFarewells(log string) string {
	var kept strings.Builder
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "  debug  listener left  ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// Says waits until the server's log has each of the texts. The log is written with a
// delay.
func (r *Relay) Says(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		Eventually(t, fmt.Sprintf("%q in the log", text), func() bool { return strings.Contains(r.Log.String(), text) })
	}
}

// Said returns how many times a text is in the server's log.
func (r *Relay) Said(text string) int { return strings.Count(r.Log.String(), text) }

// Gone reports whether the server's process has ended.
func (r *Relay) Gone() bool {
	select {
	case <-r.Exited:
		return true
	default:
		return false
	}
}

// Stop stops the server by SIGTERM, as an operator does, waits for its end and
// returns its exit error. It may be called more than once.
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

// URL returns the address of a page, with http.
func (r *Relay) URL(path string) string { return "http://" + r.Addr + path }

// client makes the requests of Relay, each within Patience.
var client = &http.Client{Timeout: Patience}

// Get fetches a page without a login.
func (r *Relay) Get(t testing.TB, path string) (status int, header http.Header, body string) {
	t.Helper()
	return r.Request(t, http.MethodGet, path, "", "")
}

// Request makes a request, with a login unless user is empty, and returns the status,
// header and body of the answer.
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
	State      string `json:"state"`
}

// Sources returns the entries of status-json.xsl. As widgets do, it accepts that
// source is missing, an object or a list.
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

// Source returns the entry of a mount in status-json.xsl, or the zero value if there
// is none.
func (r *Relay) Source(t testing.TB, mount string) Source {
	t.Helper()
	for _, s := range r.Sources(t) {
		if strings.HasSuffix(s.ListenURL, mount) {
			return s
		}
	}
	return Source{}
}

// Eventually waits until condition returns true. After Patience it fails the test.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	EventuallyIn(t, Patience, what, condition)
}

// EventuallyIn is Eventually with another limit, for conditions that take very long
// on a busy machine.
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

// Buffer collects the output of a process. It is safe for concurrent use.
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

// String returns everything written so far.
func (b *Buffer) String() string { return b.From(0) }

// From returns what was written after the first offset bytes.
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

// Rewrite replaces the configuration file at path, makes the server reload it by
// SIGHUP, and waits until the log says expected.
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

// Left returns how many sources the log says have left a mount. Once it says so the
// mount is free.
func (r *Relay) Left(mount string) int {
	n := 0
	for line := range strings.Lines(r.Log.String()) {
		if strings.Contains(line, "source left") && strings.Contains(line, `"mount": "`+mount+`"`) {
			n++
		}
	}
	return n
}
