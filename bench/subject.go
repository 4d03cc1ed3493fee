//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// subject is a server to be measured.
type subject struct {
	name     string
	addr     string  // for sources and listeners
	tlsAddr  string  // "" without TLS
	password string  // of sources
	mount    string  // of a running stream that needs no feeder; otherwise ""
	feeder   *feeder // of that stream; nil: unknown
	pid      int
	admin    string // password for relay's debug pages
	stop     func()
}

const password = "bench"

// startProcess runs a program until stop, which ends it and waits for it.
func startProcess(ctx context.Context, cmd *exec.Cmd, log string) (stop func(), err error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if cmd.Stdout == nil {
		cmd.Stdout = out
	}
	cmd.Stderr = out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		cmd.Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-done
		}
	}, nil
}

// startRelay builds relay and runs it with its default configuration and more tables.
func startRelay(ctx context.Context, dir string, cert certificate, tables ...string) (*subject, error) {
	binary := filepath.Join(dir, "relay")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "relay/cmd/relay").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build relay: %w\n%s", err, out)
	}
	s := &subject{name: "relay", addr: freeAddr(), tlsAddr: freeAddr(), password: password, admin: password}
	config := filepath.Join(dir, "relay.toml")
	text := fmt.Sprintf("[server]\nlisten = [%q]\n[tls]\nlisten = [%q]\ncert_file = %q\nkey_file = %q\n[auth]\nsource_password = %q\nadmin_password = %q\n[limits]\nlisteners = 100000\nlisteners_per_ip = 0\nconnections_per_ip = 100000\nsources = 1000\n%s",
		s.addr, s.tlsAddr, cert.certFile, cert.keyFile, password, password, strings.Join(tables, ""))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "-c", config)
	var err error
	if s.stop, err = startProcess(ctx, cmd, filepath.Join(dir, "relay.log")); err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	return s, s.wait(ctx)
}

// errNotInstalled means that a peer is not installed, so it cannot be measured.
var errNotInstalled = errors.New("not installed")

// icecast is a program of the Icecast family.
type icecast struct {
	name    string
	program string // its installed name
	version string // a part of the output of "program -v", if others share the name; otherwise ""
	install string // the command that installs it
}

var (
	icecast2  = icecast{name: "icecast2", program: "icecast2", install: "Debian: apt install icecast2"}
	icecastKH = icecast{name: "icecast-kh", program: "icecast", version: "-kh", install: "from source: github.com/karlheyes/icecast-kh"}
)

// find returns the path of the program and the folder of its web pages, or
// errNotInstalled.
func (i icecast) find(ctx context.Context) (program, share string, err error) {
	if program, err = exec.LookPath(i.program); err != nil {
		return "", "", errNotInstalled
	}
	if i.version != "" {
		said, err := exec.CommandContext(ctx, program, "-v").Output()
		if err != nil || !strings.Contains(string(said), i.version) {
			return "", "", errNotInstalled
		}
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return "", "", err
	}
	return program, filepath.Join(filepath.Dir(program), "..", "share", i.program), nil
}

// startIcecast runs an Icecast with its queue and burst at their defaults and its
// limits raised.
func startIcecast(ctx context.Context, i icecast, dir string, cert certificate) (*subject, error) {
	binary, share, err := i.find(ctx)
	if err != nil {
		return nil, err
	}
	s := &subject{name: i.name, addr: freeAddr(), tlsAddr: freeAddr(), password: password}
	owner := ""
	if os.Getuid() == 0 { // it refuses to run as root
		owner = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>"
		if err := giveToNobody(dir, cert.bothFile); err != nil {
			return nil, err
		}
	}
	_, port, _ := net.SplitHostPort(s.addr)
	_, tlsPort, _ := net.SplitHostPort(s.tlsAddr)
	config := filepath.Join(dir, i.name+".xml")
	text := fmt.Sprintf(`<icecast><location>bench</location><admin>a@b.example</admin>
<limits><clients>100000</clients><sources>1000</sources><queue-size>524288</queue-size><client-timeout>30</client-timeout>
<header-timeout>15</header-timeout><source-timeout>10</source-timeout><burst-size>65535</burst-size></limits>
<authentication><source-password>%[1]s</source-password><relay-password>%[1]s</relay-password><admin-user>admin</admin-user><admin-password>%[1]s</admin-password></authentication>
<hostname>localhost</hostname>
<listen-socket><port>%[2]s</port><bind-address>127.0.0.1</bind-address></listen-socket>
<listen-socket><port>%[3]s</port><bind-address>127.0.0.1</bind-address><ssl>1</ssl></listen-socket>
<paths><basedir>%[4]s</basedir><logdir>%[4]s</logdir><webroot>%[7]s/web</webroot><adminroot>%[7]s/admin</adminroot><ssl-certificate>%[5]s</ssl-certificate></paths>
<logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>2</loglevel></logging>
<security><chroot>0</chroot>%[6]s</security></icecast>`, password, port, tlsPort, dir, cert.bothFile, owner, share)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "-c", config)
	if s.stop, err = startProcess(ctx, cmd, filepath.Join(dir, i.name+".out")); err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	return s, s.wait(ctx)
}

// giveToNobody gives a server without privileges access to the run's folder.
func giveToNobody(paths ...string) error {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	for _, path := range paths {
		if err := os.Chown(path, uid, -1); err != nil {
			return err
		}
	}
	return nil
}

// startFloor runs this program as the floor.
func startFloor(ctx context.Context, dir string, cadence time.Duration) (*subject, error) {
	cmd := exec.Command("/proc/self/exe", "-role", "floor", "-cadence", cadence.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &subject{name: "floor", mount: "/"}
	if s.stop, err = startProcess(ctx, cmd, filepath.Join(dir, "floor.log")); err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	line, err := bufio.NewReader(out).ReadString('\n')
	s.addr = strings.TrimSpace(line)
	return s, err
}

// wait waits until the subject accepts connections.
func (s *subject) wait(ctx context.Context) error {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; {
		if conn, err := net.Dial("tcp", s.addr); err == nil {
			conn.Close()
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return fmt.Errorf("%s does not take connections on %s", s.name, s.addr)
}

// memory returns the subject's memory in user space, in bytes. For relay it is the heap
// and stacks in use after a garbage collection, with the free space between objects; for
// others all private pages.
func (s *subject) memory() int64 {
	if s.admin == "" {
		return anonymousMemory(s.pid)
	}
	text := s.profile("heap?gc=1&debug=1")
	return field(text, "# HeapInuse =") + field(text, "# Stack =")
}

// heap returns the size of relay's live objects, in bytes, 0 for others.
func (s *subject) heap() int64 { return field(s.profile("heap?gc=1&debug=1"), "# HeapAlloc =") }

// goroutines returns the number of relay's goroutines, 0 for others.
func (s *subject) goroutines() int {
	return int(field(s.profile("goroutine?debug=1"), "goroutine profile: total"))
}

// profile returns one of relay's debug pages, "" for others.
func (s *subject) profile(page string) string {
	if s.admin == "" {
		return ""
	}
	req, err := http.NewRequest("GET", "http://"+s.addr+"/admin/debug/pprof/"+page, nil)
	if err != nil {
		return ""
	}
	req.SetBasicAuth("admin", s.admin)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

// freeAddr returns a loopback address that was free a moment ago.
func freeAddr() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	defer l.Close()
	return l.Addr().String()
}
