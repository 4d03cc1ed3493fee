package main

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Help and manual pages name every command.
func TestCommandLineDescribesItself(t *testing.T) {
	var help bytes.Buffer
	if err := run([]string{"help"}, &help, io.Discard); err != nil {
		t.Fatal(err)
	}
	pages := t.TempDir()
	if err := run([]string{"man", pages}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"init", "check", "import", "health", "version", "man", "completion", "environment"} {
		if !strings.Contains(help.String(), "\n  "+name) && !strings.Contains(help.String(), "relay "+name) {
			t.Errorf("%s is not in the help:\n%s", name, help.String())
		}
		var more bytes.Buffer
		if err := run([]string{"help", name}, &more, io.Discard); err != nil || more.Len() == 0 {
			t.Errorf("help of %s: %v\n%s", name, err, more.String())
		}
	}
	all, err := filepath.Glob(filepath.Join(pages, "*.1"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, name := range []string{"init", "check", "import", "health", "version", "man", "completion"} {
		if !slices.Contains(all, filepath.Join(pages, "relay-"+name+".1")) {
			t.Errorf("no manual page of %s", name)
		}
	}
	if man, err := exec.LookPath("man"); err == nil {
		if out, err := exec.Command(man, "--warnings", "-l", filepath.Join(pages, "relay.1")).CombinedOutput(); err != nil || bytes.Contains(out, []byte("warning:")) {
			t.Errorf("relay.1: %v\n%s", err, out)
		}
	}
}

// "relay man" prints the page of relay itself, with the most wanted examples.
func TestManualPage(t *testing.T) {
	var page bytes.Buffer
	if err := run([]string{"man"}, &page, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".TH \"RELAY\" \"1\"", "relay-check(1)", "--listen", "icecast.xml", "RELAY_SOURCE_PASSWORD", "Exit statuses"} {
		if !strings.Contains(strings.ReplaceAll(page.String(), `\-`, "-"), want) {
			t.Errorf("%q is not in\n%s", want, page.String())
		}
	}
}

// An invalid command line runs nothing.
func TestWrongCommandLines(t *testing.T) {
	for args, want := range map[string]string{
		"chekc -c relay.toml":    `relay: no command, file or folder "chekc"; did you mean "relay check"?`,
		"frobnicate":             `relay: no command, file or folder "frobnicate"`,
		"version now":            `relay: "relay version" takes no operand, but "now" is left over`,
		"health 127.0.0.1:8000":  `relay: "relay health" takes no operand`,
		"check":                  "relay: check one file",
		"check a.toml b.toml":    "relay: check one file",
		"check -c a.toml b.toml": "relay: check one file",
		"check --dry":            "relay: unknown flag: --dry",
		"init a.toml b.toml":     "relay: init makes one file",
		"import":                 "relay: import which file?",
		"-listen":                "relay: flag needs an argument: --listen",
	} {
		var trouble bytes.Buffer
		err := run(strings.Fields(args), io.Discard, &trouble)
		var usage errUsage
		if !errors.As(err, &usage) || !strings.HasPrefix(trouble.String(), want) {
			t.Errorf("%s: %v, %s", args, err, trouble.String())
		}
	}
	err := run([]string{"music/"}, io.Discard, io.Discard)
	if err == nil || err.Error() != "cannot play music/: no such file or directory" {
		t.Errorf("music that is not there: %v", err)
	}
}

func TestDoubleDashes(t *testing.T) {
	for args, want := range map[string]string{
		"-listen :9000 -c a.toml": "--listen :9000 -c a.toml",
		"-listen=:9000":           "--listen=:9000",
		"--listen :9000":          "--listen :9000",
		"init -set a=b -set c=d":  "init --set a=b --set c=d",
		"-version":                "--version",
		"-- -listen":              "-- -listen",
		"-c a.toml music/":        "-c a.toml music/",
	} {
		if got := strings.Join(doubleDashes(strings.Fields(args)), " "); got != want {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
}

// A shell completes the beginning of a command line.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var script bytes.Buffer
		if err := run([]string{"completion", shell}, &script, io.Discard); err != nil || !strings.Contains(script.String(), "relay") {
			t.Errorf("%s: %v\n%s", shell, err, script.String())
		}
	}
	const files, none = ":0", ":4" // completions of file names as well, or not
	for line, want := range map[string][]string{
		"":               {"check", "completion", "health", "help", "import", "init", "man", "version", files},
		"che":            {"check", files},
		"che ":           {files},
		"health ":        {none},
		"version ":       {none},
		"check -c ":      {"toml", "xml", ":8"},
		"check --conf":   {"--config", none},
		"completion ba":  {"bash", none},
		"help completio": {"completion", none},
	} {
		var offered bytes.Buffer
		if err := run(append([]string{"__complete"}, strings.Split(line, " ")...), &offered, io.Discard); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		var got []string
		for l := range strings.Lines(offered.String()) {
			word, _, _ := strings.Cut(strings.TrimSpace(l), "\t")
			got = append(got, word)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}
