//go:build linux

package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// result is one row of the table.
type result struct {
	Server    string
	What      string // how this row differs: "5000 listeners", "icy"…
	Listeners int

	CPU          float64 // server, µs per listener and second; without listeners, per mount
	UserMemory   float64 // bytes per listener above idle
	Heap         float64 // the same, of live objects; 0: unknown
	KernelMemory float64 // bytes per listener, both ends of each connection
	Delivered    float64 // bytes that reached the listeners ÷ bytes sent by the feeders
	Load         loadReport

	MemoryLeft                        float64 // bytes above idle after all listeners have left
	HeapLeft                          float64 // the same, of live objects, without the audio that has come meanwhile
	FilesBefore, FilesAfter           int     // descriptors
	ThreadsBefore, ThreadsAfter       int
	GoroutinesBefore, GoroutinesAfter int
}

// measure feeds a subject, applies the load, and measures the cost.
func measure(ctx context.Context, s *subject, what string, plan loadPlan) (result, error) {
	r := result{Server: s.name, What: what, Listeners: plan.Listeners}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	plan.Addr = s.addr
	if plan.TLS {
		plan.Addr = s.tlsAddr
	}
	each := float64(cmp.Or(plan.Listeners, len(plan.Mounts)))
	var feeders []*feeder
	if s.mount != "" {
		plan.Mounts = []string{s.mount}
		if s.feeder != nil {
			feeders = append(feeders, s.feeder)
		}
	} else {
		for _, mount := range plan.Mounts {
			f, err := plan.feeder(ctx, s, mount)
			if err != nil {
				return r, err
			}
			feeders = append(feeders, f)
		}
	}
	fed := func() (total int64) {
		for _, f := range feeders {
			total += f.fed.Load()
		}
		return total / int64(max(1, len(feeders)))
	}
	time.Sleep(2 * time.Second) // until every mount has a burst
	idleUser, idleHeap, idleKernel, idleFed := s.memory(), s.heap(), socketMemory(), fed()
	r.FilesBefore, r.ThreadsBefore, r.GoroutinesBefore = openFiles(s.pid), threads(s.pid), s.goroutines()

	text, err := json.Marshal(plan)
	if err != nil {
		return r, err
	}
	load := exec.CommandContext(ctx, "/proc/self/exe", "-role", "load", "-plan", string(text))
	load.Stderr = os.Stderr
	load.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := load.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := load.Start(); err != nil {
		return r, err
	}
	var begun time.Time
	var cpuBefore time.Duration
	var fedBefore int64
	events := bufio.NewScanner(out)
	for events.Scan() {
		var e loadEvent
		if err := json.Unmarshal(events.Bytes(), &e); err != nil {
			return r, fmt.Errorf("load said %q: %w", events.Text(), err)
		}
		progress("%s, %s: %s, %d open, %d with sound", s.name, what, e.Phase, e.Open, e.Heard)
		switch e.Phase {
		case "measuring":
			// the garbage collection for this reading is not counted
			r.UserMemory = float64(s.memory()-idleUser) / each
			r.Heap = float64(s.heap()-idleHeap) / each
			r.KernelMemory = float64(socketMemory()-idleKernel) / each
			begun, fedBefore = time.Now(), fed()
			if cpuBefore, err = cpuTime(s.pid); err != nil {
				return r, err
			}
		case "done":
			cpu, err := cpuTime(s.pid)
			if err != nil {
				return r, err
			}
			took := time.Since(begun).Seconds()
			r.Load = *e.Report
			r.Load.Listeners -= plan.Silent // a listener that does not read cannot hear
			r.CPU = float64((cpu - cpuBefore).Microseconds()) / took / each
			if news := fed() - fedBefore; news > 0 {
				share := took / plan.Measure.Seconds() // the two periods differ by the time of the readings
				r.Delivered = float64(r.Load.Bytes) * share / float64(news) / max(1, float64(plan.Listeners-plan.Silent))
			}
		}
	}
	if err := load.Wait(); err != nil {
		return r, fmt.Errorf("load on %s: %w", s.name, err)
	}
	for deadline := time.Now().Add(5 * time.Second); (s.mount == "" || plan.HLS) && openFiles(s.pid) > r.FilesBefore && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
	}
	r.MemoryLeft, r.HeapLeft = float64(s.memory()-idleUser), float64(s.heap()-idleHeap-(fed()-idleFed))
	r.FilesAfter, r.ThreadsAfter, r.GoroutinesAfter = openFiles(s.pid), threads(s.pid), s.goroutines()
	return r, nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}
