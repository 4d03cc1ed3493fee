package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"relay/version"
)

// Everything that is said of the commands can be printed, and names them all.
func TestCommandLineDescribesItself(t *testing.T) {
	p := program()
	var manual, help bytes.Buffer
	if err := p.WriteManual(&manual, version.Date()); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteHelp(&help); err != nil {
		t.Fatal(err)
	}
	for _, name := range p.Names() {
		if !strings.Contains(manual.String(), "\n.Ss "+name+"\n") {
			t.Errorf("%s is not in the manual page", name)
		}
		if !strings.Contains(help.String(), "relay "+name) {
			t.Errorf("%s is not in the help", name)
		}
		var more bytes.Buffer
		if err := p.WriteCommandHelp(&more, name); err != nil || !strings.HasPrefix(more.String(), "relay "+name+" ") {
			t.Errorf("help of %s: %v\n%s", name, err, more.String())
		}
	}
	if path, err := exec.LookPath("mandoc"); err == nil {
		cmd := exec.Command(path, "-T", "lint")
		cmd.Stdin = &manual
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("the manual page: %v\n%s", err, out)
		}
	}
}
