package main

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"relay/commandline"
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

// Nothing runs of a command line with a slip in it.
func TestWrongCommandLines(t *testing.T) {
	for args, want := range map[string]string{
		"chekc -c relay.toml":     `relay: there is no command, file or folder "chekc"; the commands are init, check, `,
		"version now":             `relay: "relay version" takes nothing more, and "now" is left over`,
		"health 127.0.0.1:8000":   `relay: "relay health" takes nothing more`,
		"check":                   "relay: check one file",
		"check a.toml b.toml":     "relay: check one file",
		"check -c a.toml b.toml":  "relay: check one file",
		"completion bash and zsh": "relay: completion for which shell?",
	} {
		var trouble bytes.Buffer
		err := program().Run(strings.Fields(args), io.Discard, &trouble)
		if !errors.Is(err, commandline.ErrUsage) || !strings.HasPrefix(trouble.String(), want) {
			t.Errorf("%s: %v, %s", args, err, trouble.String())
		}
	}
	err := program().Run([]string{"music/"}, io.Discard, io.Discard)
	if err == nil || err.Error() != "cannot play music/: no such file or directory" {
		t.Errorf("music that is not there: %v", err)
	}
}
