package deploy

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"relay/icy"
	"relay/internal/interlude"
)

// patience is for what happens at once unless it never does.
const patience = time.Minute

// newPackage builds a package of a version, and returns its path.
func newPackage(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("./package", version)
	build.Env = append(os.Environ(), "DIST="+dir, "MAINTAINER=The tests <tests@example.org>")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := filepath.Glob(dir + "/relay_*.deb")
	if err != nil || len(built) != 1 {
		t.Fatalf("built %v, %v", built, err)
	}
	return built[0]
}

// What dpkg would not install is not built.
func TestNoPackageOfAWrongVersion(t *testing.T) {
	for _, version := range []string{"", "v", "next", "version1", "1.0 beta", "1:2.0"} {
		var status *exec.ExitError
		out, err := exec.Command("./package", version).CombinedOutput()
		if !errors.As(err, &status) || status.ExitCode() != 2 || !strings.Contains(string(out), "no version of a package: "+version) {
			t.Errorf("%q: %v\n%s", version, err, out)
		}
	}
}

// A package does on this Debian what its owner will have it do, one after the
// other: it comes, plays, is upgraded, goes, comes back, and is gone for good.
func TestPackage(t *testing.T) {
	program(t, "dpkg")
	program(t, "adduser")
	needRoot(t)
	first, second := newPackage(t, "v0.0.1"), newPackage(t, "0.0.2") // may fetch what builds them
	m := newMachine(t)
	if m.has("/usr/bin/relay") {
		missing(t, errors.New("there is a relay installed already"))
	}
	if out, err := exec.Command(program(t, "lintian"), "--fail-on=error,warning", second).CombinedOutput(); err != nil {
		t.Errorf("lintian: %v\n%s", err, out)
	}
	manager := newManager(t, m)

	m.install(t, first)
	manager.wasAsked(t, "start relay.service")
	for path, mode := range map[string]string{
		"/usr/bin/relay":                                   "-rwxr-xr-x root:root",
		"/lib/systemd/system/relay.service":                "-rw-r--r-- root:root",
		"/lib/systemd/system/relay.socket":                 "-rw-r--r-- root:root",
		"/usr/share/man/man1/relay.1.gz":                   "-rw-r--r-- root:root",
		"/usr/share/man/man1/relay-check.1.gz":             "-rw-r--r-- root:root",
		"/usr/share/bash-completion/completions/relay":     "-rw-r--r-- root:root",
		"/usr/share/zsh/vendor-completions/_relay":         "-rw-r--r-- root:root",
		"/usr/share/fish/vendor_completions.d/relay.fish":  "-rw-r--r-- root:root",
		"/usr/share/doc/relay/changelog.gz":                "-rw-r--r-- root:root",
		"/usr/share/doc/relay/changelog.Debian.gz":         "-rw-r--r-- root:root",
		"/usr/share/doc/relay/copyright":                   "-rw-r--r-- root:root",
		"/usr/share/doc/relay/operations.md":               "-rw-r--r-- root:root",
		"/usr/share/doc/relay/relay.example.toml":          "-rw-r--r-- root:root",
		"/usr/share/doc/relay/examples/grafana/relay.json": "-rw-r--r-- root:root",
		"/etc/relay":            "drwxrws--- root:relay",
		"/etc/relay/relay.toml": "-rw-r----- root:relay",
		"/var/lib/relay":        "drwxr-x--- relay:relay",
		"/var/log/relay":        "drwxr-x--- relay:relay",
	} {
		if got := strings.TrimSpace(m.run(t, "stat", "-c", "%A %U:%G", path)); got != mode {
			t.Errorf("%s is %s, not %s", path, got, mode)
		}
	}
	if !m.has("/etc/systemd/system/multi-user.target.wants/relay.service") || m.has("/etc/systemd/system/sockets.target.wants/relay.socket") {
		t.Error("the service does not start with the machine, or its socket does without being asked for")
	}
	m.run(t, "systemd-analyze", "verify", "/lib/systemd/system/relay.service", "/lib/systemd/system/relay.socket")
	if man := m.run(t, "man", "-P", "cat", "relay"); !strings.Contains(man, "/etc/relay/relay.toml") {
		t.Errorf("the manual page is\n%s", man)
	}

	m.linksLead(t, "/usr/share/doc/relay")

	written := m.read(t, configuration)
	if passwords := regexp.MustCompile(`(?m)^(source|admin)_password *= "[^"]{12,}"`).FindAllString(written, -1); len(passwords) != 2 {
		t.Errorf("there are %d passwords in\n%s", len(passwords), written)
	}
	service := manager.start(t)
	service.isOnTheAir(t)
	service.plays(t, "relay/0.0.1")

	edited := strings.Replace(written, `#hostname         = "localhost"`, `hostname         = "radio.example.org"`, 1)
	if edited == written {
		t.Fatal("there is no line for hostname")
	}
	m.write(t, configuration, edited, 0o640)
	service.reload(t)

	m.install(t, second)
	manager.wasAsked(t, "restart relay.service")
	service.plays(t, "relay/0.0.1") // on and on, until the manager restarts it
	service.stop(t)
	service = manager.start(t)
	service.plays(t, "relay/0.0.2")
	if m.read(t, configuration) != edited {
		t.Error("the upgrade has changed the configuration")
	}
	for _, kept := range []string{"/var/lib/relay/history.db", "/var/log/relay/access.log"} {
		if !m.has(kept) {
			t.Errorf("there is no %s", kept)
		}
	}

	m.run(t, "dpkg", "--remove", "relay")
	manager.wasAsked(t, "stop relay.socket relay.service")
	service.stop(t)
	if m.has("/usr/bin/relay") || !m.has("/var/lib/relay/history.db") || m.read(t, configuration) != edited {
		t.Error("removed, the program is still there, or what is the owner's is not")
	}
	m.install(t, second)
	manager.wasAsked(t, "restart relay.service") // dpkg remembers that it was here
	if m.read(t, configuration) != edited {
		t.Error("coming back, it has changed the configuration")
	}

	m.run(t, "dpkg", "--purge", "relay")
	manager.wasAsked(t, "stop relay.socket relay.service")
	m.isClean(t)
	m.isEmptiedWhereMounted(t)
}

// linksLead holds that what the pages in a folder link to is on the machine.
func (m *machine) linksLead(t *testing.T, folder string) {
	t.Helper()
	pages, err := filepath.Glob(m.root + folder + "/*.md")
	if err != nil || len(pages) < 10 {
		t.Errorf("there are pages %q (%v)", pages, err)
	}
	for _, page := range pages {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(read(t, page), -1) {
			path := link[1]
			if !filepath.IsAbs(path) {
				path = filepath.Join(folder, path)
			}
			if !m.has(path) {
				t.Errorf("%s links to %s, which there is not", filepath.Base(page), link[1])
			}
		}
	}
}

// isEmptiedWhereMounted holds that purging empties a file system for the data, and
// does not fail because it cannot be taken away.
func (m *machine) isEmptiedWhereMounted(t *testing.T) {
	t.Helper()
	const data = "/var/lib/relay"
	m.write(t, data+"/covered", "", 0o600)
	if err := unix.Mount("tmpfs", m.root+data, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(m.root+data, unix.MNT_DETACH)
	m.write(t, data+"/recordings/one.mp3", "", 0o600)
	m.write(t, "/tmp/postrm", read(t, "debian/postrm"), 0o755)
	m.run(t, "/tmp/postrm", "purge")
	if left := m.run(t, "ls", "-A", data); left != "" {
		t.Errorf("%s still holds %s", data, left)
	}
}

// The service may change its own folder while root works: nothing there is handed
// over, for it may be a link by then.
func TestNothingInTheServicesFolderIsHandedOver(t *testing.T) {
	if m := regexp.MustCompile(`(?m)^ *(chown|chgrp|chmod) .*/etc/relay/.*$`).FindString(read(t, "debian/postinst")); m != "" {
		t.Error(m)
	}
}

const configuration = "/etc/relay/relay.toml"

// install installs a package, or upgrades to it.
func (m *machine) install(t *testing.T, path string) {
	t.Helper()
	m.write(t, "/tmp/relay.deb", read(t, path), 0o644)
	m.run(t, "dpkg", "--install", "/tmp/relay.deb")
}

// isClean holds that the package has left nothing but its user and what dpkg and
// the like write down of any package.
func (m *machine) isClean(t *testing.T) {
	t.Helper()
	usual := regexp.MustCompile(`^/(var/lib/dpkg/|var/log/dpkg.log$|var/cache/man/|var/lib/man-db/|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$)`)
	for _, path := range m.changed(t) {
		if !usual.MatchString(path) && !slices.Contains(m.setUp, path) {
			t.Errorf("%s is left", path)
		}
	}
	if left := m.run(t, "sh", "-c", `dpkg --list relay 2>/dev/null | grep "^[a-z]i" || true`); left != "" {
		t.Errorf("dpkg knows %s", left)
	}
}

// manager stands in for the service manager, which does not run on a machine that
// was made for a test: it writes down what it is asked, and the test does it.
type manager struct{ *machine }

func newManager(t *testing.T, m *machine) manager {
	t.Helper()
	m.setUp = []string{"/usr/local/sbin/systemctl", "/usr/sbin/policy-rc.d", "/var/lib/man-db/auto-update"}
	m.write(t, m.setUp[0], `#!/bin/sh
case "$*" in
--root=*) exec /bin/systemctl "$@" ;; # which is work on files
*is-enabled*) [ -e /etc/systemd/system/multi-user.target.wants/relay.service ] && echo enabled ;;
*is-active* | *daemon-reload*) ;;
*) echo "$*" >>/run/asked ;;
esac
`, 0o755)
	os.Remove(m.root + m.setUp[1]) // it forbids services in containers
	os.Remove(m.root + m.setUp[2]) // no index of all manual pages for one
	if err := os.MkdirAll(m.root+"/run/systemd/system", 0o755); err != nil {
		t.Fatal(err)
	}
	return manager{m}
}

// wasAsked holds that the manager was asked for one thing since the last time.
func (m manager) wasAsked(t *testing.T, want string) {
	t.Helper()
	asked := m.read(t, "/run/asked")
	asked = strings.TrimSpace(strings.NewReplacer("--quiet ", "", "--system ", "").Replace(asked))
	if asked != want {
		t.Errorf("the service manager was asked %q, and not to %s", asked, want)
	}
	os.Remove(m.root + "/run/asked")
}

// service is the program, as the unit runs it.
type service struct {
	*machine
	unit  string
	cmd   *exec.Cmd
	words *net.UnixConn // what it tells the manager
	log   *bytes.Buffer // to be read when it has stopped
}

// setting returns the values of a key of the unit.
func (s *service) setting(key string) (values []string) {
	for _, line := range regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(s.unit, -1) {
		values = append(values, line[1])
	}
	return values
}

// start returns when the service is ready.
func (m manager) start(t *testing.T) *service {
	t.Helper()
	s := &service{machine: m.machine, unit: m.read(t, "/lib/systemd/system/relay.service"), log: &bytes.Buffer{}}
	const notify = "/run/notify"
	os.Remove(m.root + notify)
	words, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.root + notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { words.Close() })
	s.words = words
	if err := os.Chmod(m.root+notify, 0o777); err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(s.setting("ExecStart")[0])
	s.cmd = m.command(args[0], args[1:]...)
	s.cmd.Dir = s.setting("WorkingDirectory")[0]
	s.cmd.Env = append(s.cmd.Env, "NOTIFY_SOCKET="+notify)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	m.as(t, s.setting("User")[0], s.cmd)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	s.hears(t, "READY=1")
	return s
}

// hears waits until the service says what begins so.
func (s *service) hears(t *testing.T, want string) {
	t.Helper()
	said := make([]byte, 1000)
	s.words.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := s.words.Read(said)
		if err != nil {
			s.cmd.Process.Kill()
			s.cmd.Wait()
			t.Fatalf("it never said %s: %v\n%s", want, err, s.log)
		}
		if strings.HasPrefix(string(said[:n]), want) {
			return
		}
	}
}

// reload does what the unit says is to be done.
func (s *service) reload(t *testing.T) {
	t.Helper()
	for _, line := range s.setting("ExecReload") {
		args := strings.Fields(line)
		if args[0] == "/bin/kill" {
			s.cmd.Process.Signal(syscall.SIGHUP)
			continue
		}
		check := s.command(args[0], args[1:]...)
		s.as(t, "relay", check)
		if out, err := check.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	s.hears(t, "RELOADING=1")
	s.hears(t, "READY=1")
}

func (s *service) stop(t *testing.T) {
	t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		t.Fatalf("it ends with %v\n%s", err, s.log)
	}
}

// isOnTheAir holds that /live plays before its owner has done anything, and that the
// second port takes a source of SHOUTcast's first protocol.
func (s *service) isOnTheAir(t *testing.T) {
	t.Helper()
	conn := s.dial(t, "8000")
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "GET /live HTTP/1.0\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("/live answers %v, %v", answer, err)
	}
	heard := make([]byte, 16<<10)
	if _, err := io.ReadFull(answer.Body, heard); err != nil || !bytes.Contains(interlude.MP3, heard[8<<10:12<<10]) {
		t.Errorf("what /live plays is not what ships with relay (%v)", err)
	}
	conn.Close()

	source := s.dial(t, "8001")
	source.SetDeadline(time.Now().Add(patience))
	io.WriteString(source, s.sourcePassword(t)+"\r\n")
	said := make([]byte, len(icy.ShoutcastAccepted))
	if _, err := io.ReadFull(source, said); err != nil || string(said) != icy.ShoutcastAccepted {
		t.Errorf("the second port answers a password with %q, %v", said, err)
	}
	source.Close()
}

// sourcePassword is that of the configuration.
func (s *service) sourcePassword(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`(?m)^source_password *= "(.*?)"`).FindStringSubmatch(s.read(t, configuration))[1]
}

// plays sends a stream with the password that is configured, and listens to it. It
// is on a mount that nobody has used before.
func (s *service) plays(t *testing.T, server string) {
	t.Helper()
	password := s.sourcePassword(t)
	mount := "http://127.0.0.1:8000/" + rand.Text()
	head := func(method string) *http.Request {
		r, err := http.NewRequest(method, mount, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ask := func(conn net.Conn, r *http.Request) (*http.Response, *bufio.Reader) {
		t.Helper()
		conn.SetDeadline(time.Now().Add(patience))
		if err := r.Write(conn); err != nil {
			t.Fatal(err)
		}
		from := bufio.NewReader(conn)
		answer, err := http.ReadResponse(from, r)
		if err != nil || answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusContinue {
			why, _ := io.ReadAll(from)
			t.Fatalf("%s %s answers %v, %v: %s", r.Method, r.URL, answer, err, why)
		}
		return answer, from
	}

	source := s.dial(t, "8000")
	put := head("PUT")
	put.SetBasicAuth("source", password)
	put.Header.Set("Content-Type", "audio/mpeg")
	put.Header.Set("Expect", "100-continue")
	put.Header.Set("Ice-Name", "Package test")
	ask(source, put)
	sent := interlude.MP3[:200_000]
	if _, err := source.Write(sent); err != nil {
		t.Fatal(err)
	}

	listener := s.dial(t, "8000")
	answer, _ := ask(listener, head("GET"))
	if answer.Header.Get("Server") != server || answer.Header.Get("Icy-Name") != "Package test" {
		t.Errorf("%s is to play, and it is %v", server, answer.Header)
	}
	heard := make([]byte, 32<<10)
	if _, err := io.ReadFull(answer.Body, heard); err != nil || !bytes.Contains(sent, heard[8<<10:]) {
		t.Errorf("what is heard is not what was sent (%v)", err)
	}
	listener.Close()
	source.Close()
}
