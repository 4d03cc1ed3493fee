//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// printTable prints results and verdicts for people.
func printTable(w io.Writer, results []result, verdicts []verdict) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "server\twhat\tCPU µs\tuser B\theap B\tkernel KiB\tfirst audio p50\tp99\tmax\tlongest gap\tdelivered\tframes checked\tbreaks\tlost\tsilent\tload CPU\tload stall\t")
	for _, r := range results {
		l := r.Load
		delivered, heap := "-", "-"
		if r.Heap > 0 {
			heap = fmt.Sprintf("%.0f", r.Heap)
		}
		if r.Delivered > 0 {
			delivered = fmt.Sprintf("%.1f%%", 100*r.Delivered)
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%.0f\t%s\t%.1f\t%.0f ms\t%.0f ms\t%.0f ms\t%.0f ms\t%s\t%d\t%d\t%d\t%d\t%.0f%%\t%.0f ms\t\n",
			r.Server, r.What, r.CPU, r.UserMemory, heap, r.KernelMemory/1024,
			1000*l.FirstAudio.P50, 1000*l.FirstAudio.P99, 1000*l.FirstAudio.Max, 1000*l.LongestGap,
			delivered, l.Frames, l.Breaks, l.Lost, l.Listeners-l.Heard, 100*l.CPU, 1000*l.Stall)
	}
	t.Flush()
	if len(verdicts) > 0 {
		fmt.Fprintln(w)
		for _, v := range verdicts {
			fmt.Fprintln(w, v)
		}
	}
}

// writeDoc replaces the text between the marks of a mode in a Markdown file, or appends
// it if there are none.
func writeDoc(path, mode, text string) error {
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	begin, end := fmt.Sprintf("<!-- bench:begin %s -->", mode), fmt.Sprintf("<!-- bench:end %s -->", mode)
	section := begin + "\n" + text + end
	doc := string(old)
	before, rest, found := strings.Cut(doc, begin)
	_, after, ended := strings.Cut(rest, end)
	if found && ended {
		doc = before + section + after
	} else {
		doc = strings.TrimRight(doc, "\n") + "\n\n" + section + "\n"
	}
	return os.WriteFile(path, []byte(doc), 0o644)
}
