package compatibility

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// The table of docs/compatibility.md is made by
//
//	go test ./e2e/compatibility -table docs/compatibility.md
var tableFile = flag.String("table", "", "write the table of programs to this `file` of the repository")

// A client is a row of the table: a program that people use, and one way of
// using it. Its test is one of TestCompatibilitySources, …Listeners and
// …Peers.
type client struct {
	role    string   // source, listener or peer
	program string   // as people know it: "liquidsoap"
	way     string   // "PUT, chunked"
	command string   // the executable
	version []string // arguments that make it print its version, "--version", or a command that knows it

	unprivileged bool // it refuses to be run by root
}

// row is what became of a client's test.
type row struct {
	client
	found   string // version
	checked []string
	result  string
}

var table struct {
	sync.Mutex
	rows []row
}

// checks is what was seen to work of a client.
type checks struct{ done []string }

// ok notes that something was checked, in the words of the table: "tone".
func (c *checks) ok(what string) { c.done = append(c.done, what) }

// test runs a client's checks and makes its row of them.
func (c client) test(t *testing.T, check func(t *testing.T, checked *checks)) {
	t.Run(c.program+" "+c.way, func(t *testing.T) {
		var checked checks
		r := row{client: c}
		defer func() {
			switch {
			case t.Failed():
				r.result = "**fails**"
			case t.Skipped():
				r.result = "not installed"
			default:
				r.result = "works"
			}
			r.checked = checked.done
			table.Lock()
			defer table.Unlock()
			table.rows = append(table.rows, r)
		}()
		r.found = c.versionOf(harness.Program(t, c.command))
		check(t, &checked)
	})
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+([-+~.\w]*\w)?`)

// versionOf returns the first thing like a version that the program prints, or
// the command that knows it.
func (c client) versionOf(path string) string {
	args := c.version
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		path, args = args[0], args[1:]
	}
	cmd := exec.Command(path, args...)
	c.settle(cmd, os.DevNull)
	out, _ := cmd.CombinedOutput() // some print it and fail
	return cmp.Or(string(versionNumber.Find(out)), "unknown")
}

const nobody = 65534

// home returns a directory of the program's own. Its path is shorter than a
// test's own, for some make sockets there.
func (c client) home(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if c.unprivileged && os.Geteuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// settle makes a command of the program live in its home, as a user it agrees
// to.
func (c client) settle(cmd *exec.Cmd, home string) {
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	for _, name := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		cmd.Env = append(cmd.Env, name+"="+home)
	}
	if c.unprivileged && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

const tableBegin, tableEnd = "<!-- table: go test ./e2e/compatibility -table docs/compatibility.md -->\n", "<!-- end of table -->\n"

// writeTable puts the rows of this run between the marks in a document.
func writeTable(file string) error {
	roles := []string{"source", "listener", "peer"}
	slices.SortStableFunc(table.rows, func(a, b row) int {
		return cmp.Or(
			cmp.Compare(slices.Index(roles, a.role), slices.Index(roles, b.role)),
			cmp.Compare(strings.ToLower(a.program), strings.ToLower(b.program)),
			cmp.Compare(a.way, b.way))
	})
	var s strings.Builder
	s.WriteString("| | program | version | how | checked | result |\n|---|---|---|---|---|---|\n")
	for _, r := range table.rows {
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s | %s |\n",
			r.role, r.program, cmp.Or(r.found, "–"), r.way, strings.Join(r.checked, ", "), r.result)
	}
	return harness.ReplaceBetween(file, tableBegin, tableEnd, s.String())
}
