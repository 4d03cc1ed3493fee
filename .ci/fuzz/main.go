// Command fuzz runs every fuzz target of the module, one after the other, each
// for the given time: go test itself fuzzes only one target of one package.
package main

import (
	"flag"
	"fmt"
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
				run := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", *each,
					"-fuzzminimizetime", "10x", pkg) // minimising large seeds would eat the time
				run.Stdout, run.Stderr = os.Stdout, os.Stderr
				fmt.Printf("== %s %s\n", pkg, target)
				if err := run.Run(); err != nil {
					fmt.Fprintf(os.Stderr, "fuzz: %s %s: %v\n", pkg, target, err)
					os.Exit(1)
				}
			}
			targets = nil
		}
	}
}
