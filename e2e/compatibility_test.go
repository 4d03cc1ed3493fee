package e2e

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The table of docs/compatibility.md is made by
//
//	go test ./e2e -run TestCompatibility -table docs/compatibility.md
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
		path, args := program(t, c.command), c.version
		if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			path, args = args[0], args[1:]
		}
		r.found = versionOf(path, args)
		check(t, &checked)
	})
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+[-+~.\w]*`)

// versionOf returns the first thing like a version that a program prints.
func versionOf(path string, args []string) string {
	out, _ := exec.Command(path, args...).CombinedOutput() // some print it and fail
	return cmp.Or(string(versionNumber.Find(out)), "unknown")
}

const tableBegin, tableEnd = "<!-- table: go test ./e2e -run TestCompatibility -table docs/compatibility.md -->\n", "<!-- end of table -->\n"

// writeTable puts the rows of this run between the marks in a document.
func writeTable(file string) error {
	path := filepath.Join("..", file)
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(document, []byte(tableBegin))
	_, after, ended := bytes.Cut(rest, []byte(tableEnd))
	if !found || !ended {
		return fmt.Errorf("%s has no table between %q and %q", file, tableBegin, tableEnd)
	}
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
	return os.WriteFile(path, slices.Concat(before, []byte(tableBegin), []byte(s.String()), []byte(tableEnd), after), 0o644)
}
