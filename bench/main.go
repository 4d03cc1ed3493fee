//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	mode := flag.String("mode", "steady", "what to measure: all, or one of "+modeNames())
	listeners := flag.Int("n", 5000, "listeners")
	servers := flag.String("servers", "relay,icecast2,icecast-kh,floor", "which servers to measure")
	duration := flag.Duration("t", 30*time.Second, "how long to measure")
	warm := flag.Duration("warm", time.Minute, "how long listeners have listened before the measurement, as far as the mode does not say: relay writes to young ones more often")
	doc := flag.String("doc", "", "write the results into this Markdown `file`")
	asJSON := flag.Bool("json", false, "print the results as JSON")
	var peers []*subject
	flag.Func("peer", "another running server: `name=…,addr=…,mount=…,password=…,pid=…`; mount only if it plays already", func(s string) error {
		p, err := parsePeer(s)
		peers = append(peers, p)
		return err
	})
	role := flag.String("role", "", "used by bench itself")
	plan := flag.String("plan", "", "used by bench itself")
	cadence := flag.Duration("cadence", floorCadence, "used by bench itself")
	flag.Parse()

	if err := raiseFileLimit(); err != nil {
		return err
	}
	switch *role {
	case "load":
		var p loadPlan
		if err := json.Unmarshal([]byte(*plan), &p); err != nil {
			return err
		}
		return runLoad(p)
	case "floor":
		return runFloor(*cadence)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ran := false
	for _, m := range modes {
		if *mode != m.name && *mode != "all" {
			continue
		}
		ran = true
		b := &bench{listeners: *listeners, duration: *duration, warm: *warm, servers: strings.Split(*servers, ","), peers: peers}
		if err := runMode(ctx, m.name, m.about, m.run, b, *asJSON, *doc); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if !ran {
		return fmt.Errorf("there is no mode %q; there are all, %s", *mode, modeNames())
	}
	return nil
}

func runMode(ctx context.Context, name, about string, run func(*bench, context.Context) error, b *bench, asJSON bool, doc string) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "relay-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := os.Chmod(b.dir, 0o755); err != nil { // an Icecast runs as nobody
		return err
	}
	if b.cert, err = newCertificate(b.dir); err != nil {
		return err
	}
	if err := run(b, ctx); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(struct {
			Mode, Machine string
			Results       []result
			Verdicts      []verdict
		}{name, machine(), b.results, b.verdicts})
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s\n%s, %s\ngo run ./bench -mode %s -n %d -t %v\n\n", name, about,
		time.Now().Format(time.DateOnly), machine(), name, b.listeners, b.duration)
	printTable(&text, b.results, b.verdicts)
	fmt.Println(text.String())
	if doc != "" {
		return writeDoc(doc, name, "```\n"+text.String()+"```\n")
	}
	return nil
}

func modeNames() string {
	var names []string
	for _, m := range modes {
		names = append(names, m.name)
	}
	return strings.Join(names, ", ")
}

// parsePeer parses the value of -peer.
func parsePeer(text string) (*subject, error) {
	p := &subject{stop: func() {}}
	for pair := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case "name":
			p.name = value
		case "addr":
			p.addr = value
		case "mount":
			p.mount = value
		case "password":
			p.password = value
		case "pid":
			pid, err := strconv.Atoi(value)
			if err != nil {
				return nil, fmt.Errorf("pid %q is no number", value)
			}
			p.pid = pid
		default:
			return nil, fmt.Errorf("%q is none of name, addr, mount, password, pid", key)
		}
	}
	if p.addr == "" || p.pid == 0 || p.name == "" {
		return nil, errors.New("name, addr and pid are needed")
	}
	return p, nil
}

// raiseFileLimit raises the limit of descriptors for this process and its children to
// the maximum that the system allows.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
