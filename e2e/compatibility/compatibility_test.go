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
	"testing"

	"relay/e2e/harness"
)

// The table of docs/compatibility.md is written by
//
//	go test ./e2e/compatibility -table docs/compatibility.md
var tableFile = flag.String("table", "", "write the table of programs to this `file` of the repository")

// A client is a row of the table: a program, and one way of using it. Its test is one
// of TestCompatibilitySources, …Listeners and …Peers.
type client struct {
	role    string   // source, listener or peer
	program string   // as people write it: "liquidsoap"
	way     string   // "PUT, chunked"
	command string   // the executable
	version []string // arguments that make it print its version, such as "--version", or a command that prints it

	unprivileged bool // it refuses to run as root
}

// row is the result of a client's test.
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

// checks lists what was found to work with a client.
type checks struct{ done []string }

// ok adds a check, in the words of the table: "tone".
func (c *checks) ok(what string) { c.done = append(c.done, what) }

// same checks what a program was told.
func (c *checks) same(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s %q, want %q", what, got, want)
	}
	c.ok(what)
}

// test runs a client's checks and makes its row from the result.
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

// versionOf returns the first version-like word that the program, or the command in
// version, prints.
func (c client) versionOf(path string) string {
	args := c.version
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		path, args = args[0], args[1:]
	}
	cmd := exec.Command(path, args...)
	c.settle(cmd, os.DevNull)
	out, _ := cmd.CombinedOutput() // some programs print it and fail
	return cmp.Or(string(versionNumber.Find(out)), "unknown")
}

// home returns a temporary directory for the program.
func (c client) home(t testing.TB) string {
	t.Helper()
	if c.unprivileged {
		return harness.NobodysHome(t)
	}
	return harness.ShortHome(t)
}

// settle makes a command use home as its home directory, and run as a user that it
// accepts.
func (c client) settle(cmd *exec.Cmd, home string) {
	cmd.Env = harness.AtHome(home)
	if c.unprivileged {
		harness.AsNobody(cmd)
	}
}

const tableBegin, tableEnd = "<!-- table: go test ./e2e/compatibility -table docs/compatibility.md -->\n", "<!-- end of table -->\n"

// writeTable writes the rows of this run between the marks in a document.
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
