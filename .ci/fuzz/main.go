// Command fuzz runs every fuzz target of the module, one after the other, each
// for the given time: go test itself fuzzes only one target of one package.
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
	flag.Parse()
	list, err := exec.Command("go", "test", "-list", "^Fuzz", "./...").Output()
	if err != nil {
		fmt.Fprintf(os.Stderr, "fuzz: list the targets: %v\n", err)
		os.Exit(1)
	}
	var targets []string
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "Fuzz"):
			targets = append(targets, line)
		case strings.HasPrefix(line, "ok"):
			pkg := strings.Fields(line)[1]
			for _, target := range targets {
				fmt.Printf("== %s %s\n", pkg, target)
				found, err := fuzz(pkg, target, *each)
				for again := 0; again < 2 && err != nil && !found; again++ {
					found, err = fuzz(pkg, target, *each)
				}
				if err != nil {
					fmt.Fprintf(os.Stderr, "fuzz: %s %s: %v\n", pkg, target, err)
					os.Exit(1)
				}
			}
			targets = nil
		}
	}
}

// fuzz runs one target. The error says that it failed; found is false if it did
// because Go's fuzzer took the end of its time for a failure, as it may up to
// Go 1.26 (https://go.dev/issue/75804).
func fuzz(pkg, target, each string) (found bool, err error) {
	var out strings.Builder
	run := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", each,
		"-fuzzminimizetime", "10x", pkg) // minimising large seeds would eat the time
	run.Stdout, run.Stderr = io.MultiWriter(os.Stdout, &out), os.Stderr
	err = run.Run()
	outOfTime := strings.Contains(out.String(), "\n    context deadline exceeded\n") && !strings.Contains(out.String(), "Failing input")
	return !outOfTime, err
}
