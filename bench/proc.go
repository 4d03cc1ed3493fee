//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuTime returns the total running time of all threads of a process and its children, in
// nanoseconds, from /proc/PID/task/*/schedstat.
func cpuTime(pid int) (total time.Duration, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		return 0, fmt.Errorf("process %d is gone", pid)
	}
	for _, child := range children(pid) {
		own, err := cpuTime(child)
		if err != nil {
			return 0, err
		}
		total += own
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has just ended
		}
		run, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(run, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", task, err)
		}
		total += time.Duration(n)
	}
	return total, nil
}

// children returns the processes that the first thread of a process has started.
func children(pid int) (pids []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	for _, word := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(word); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}

// anonymousMemory returns the private memory of a process and its children in bytes:
// RssAnon.
func anonymousMemory(pid int) (total int64) {
	for _, child := range children(pid) {
		total += anonymousMemory(child)
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return total + field(string(text), "RssAnon:")<<10
}

// socketMemory returns the memory of all TCP sockets of the machine, in bytes.
func socketMemory() int64 {
	text, _ := os.ReadFile("/proc/net/sockstat")
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "TCP:") {
			return field(line, "mem") * int64(os.Getpagesize())
		}
	}
	return 0
}

// openFiles returns how many descriptors a process has.
func openFiles(pid int) int {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(entries)
}

// threads returns how many threads a process has.
func threads(pid int) int {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return len(entries)
}

// field returns the number after a name in text.
func field(text, name string) int64 {
	_, rest, found := strings.Cut(text, name)
	if !found {
		return 0
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(words[0], 10, 64)
	return n
}

// machine describes this computer in a line.
func machine() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, model, _ := strings.Cut(string(info), "model name")
	model, _, _ = strings.Cut(strings.TrimLeft(model, "\t :"), "\n")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s, %d cores, Linux %s", model, strings.Count(string(info), "processor\t"), strings.TrimSpace(string(kernel)))
}
