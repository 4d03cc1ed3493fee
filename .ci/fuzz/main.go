// Command fuzz runs every fuzz target of the module, one after the other, each for the
// given time: go test itself fuzzes only one target of one package.
//
// With -keep it adds inputs that reach new code to the corpus in testdata/fuzz, with
// which every later run begins.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	each := flag.String("time", "20s", "how long each target is fuzzed")
	most := flag.Int("keep", 0, "how many inputs of each target are added to its corpus at most")
	only := flag.String("only", "^Fuzz", "which targets, as a regular `expression`")
	flag.Parse()
	if err := run(*only, *each, *most); err != nil {
		fmt.Fprintf(os.Stderr, "fuzz: %v\n", err)
		os.Exit(1)
	}
}

func run(only, each string, most int) error {
	targets, err := list(only)
	if err != nil {
		return err
	}
	for _, t := range targets {
		fmt.Printf("== %s %s\n", t.pkg, t.name)
		found, err := t.fuzz(each)
		for again := 0; again < 2 && err != nil && !found; again++ {
			found, err = t.fuzz(each)
		}
		if err == nil && most > 0 {
			err = t.keep(most)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", t.pkg, t.name, err)
		}
	}
	return nil
}

// target is a fuzz target of a package.
type target struct{ pkg, name string }

// list returns all targets of the module whose names match.
func list(only string) (targets []target, err error) {
	out, err := exec.Command("go", "test", "-list", only, "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("list the targets: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "Fuzz"):
			names = append(names, line)
		case strings.HasPrefix(line, "ok"):
			for _, name := range names {
				targets = append(targets, target{strings.Fields(line)[1], name})
			}
			names = nil
		}
	}
	return targets, nil
}

// fuzz runs the target. The error means that it failed. found is false if Go's fuzzer
// only reported the end of its time as a failure, which happens up to Go 1.26
// (https://go.dev/issue/75804).
func (t target) fuzz(each string) (found bool, err error) {
	var out strings.Builder
	run := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", each,
		"-fuzzminimizetime", "10x", t.pkg) // minimising large seeds would take most of the time
	run.Stdout, run.Stderr = io.MultiWriter(os.Stdout, &out), os.Stderr
	err = run.Run()
	outOfTime := strings.Contains(out.String(), "\n    context deadline exceeded\n") && !strings.Contains(out.String(), "Failing input")
	return !outOfTime, err
}
