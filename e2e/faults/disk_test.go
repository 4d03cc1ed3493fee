package faults

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"relay/e2e/harness"
)

// onDisk is a use that relay makes of a disk.
type onDisk struct {
	name  string
	file  string            // the file that relay asks for
	files map[string]string // on the disk, by name
	toml  func(path func(string) string) string
	// use makes the server ask for the file, if it does not by itself; may be nil.
	use func(t *testing.T, s *station)
	// early is in its log, with the path, if the disk hangs at the start; fails says
	// that the server then ends.
	early string
	fails bool
}

// hup makes the server reload its configuration.
func hup(t *testing.T, s *station) { s.Cmd.Process.Signal(syscall.SIGHUP) }

func everything(t *testing.T) []onDisk {
	pair := harness.SelfSigned(t, "relay")
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	line := func(format string, names ...string) func(path func(string) string) string {
		return func(path func(string) string) string {
			var paths []any
			for _, name := range names {
				paths = append(paths, path(name))
			}
			return fmt.Sprintf(format, paths...)
		}
	}
	listen := func(path string) func(t *testing.T, s *station) {
		return func(t *testing.T, s *station) {
			if path != "/" {
				says(t, s.Relay, `"input": "silence"`, 1)
			}
			fmt.Fprintf(s.Dial(t), "GET %s HTTP/1.0\r\nAuthorization: %s\r\n\r\n", path, harness.Basic("user", "secret"))
		}
	}
	return []onDisk{
		{name: "deny_ips_file", file: "ips", files: map[string]string{"ips": "192.0.2.1\n"},
			toml: line("[auth]\ndeny_ips_file = %q\n", "ips"), early: "cannot be read"},
		{name: "deny_agents_file", file: "agents", files: map[string]string{"agents": "Bad*\n"},
			toml: line("[auth]\ndeny_agents_file = %q\n", "agents"), early: "cannot be read"},
		{name: "htpasswd_file", file: "users", files: map[string]string{"users": "user:" + string(hash) + "\n"},
			toml: line("[[mount]]\nname = '/closed'\nsilence = true\n[mount.listener_auth]\nhtpasswd_file = %q\n", "users"), use: listen("/closed")},
		{name: "intro_file", file: "intro.mp3", files: map[string]string{"intro.mp3": ""},
			toml: line("[[mount]]\nname = '/greeted'\nsilence = true\nintro_file = %q\n", "intro.mp3"), use: listen("/greeted")},
		{name: "files", file: "music.mp3", files: map[string]string{"music.mp3": strings.Repeat("music", 100)},
			toml: line("[[mount]]\nname = '/music'\n[mount.files]\npaths = [%q]\nrescan = '1s'\n", "music.mp3")},
		{name: "a folder of files", file: "", files: map[string]string{"music.mp3": strings.Repeat("music", 100)},
			toml: line("[[mount]]\nname = '/music'\n[mount.files]\npaths = [%q]\njingles = [%q]\njingle_every = 1\nrescan = '1s'\n", "", "")},
		{name: "a playlist", file: "list.m3u", files: map[string]string{"list.m3u": "music.mp3\n", "music.mp3": "music"},
			toml: line("[[mount]]\nname = '/music'\n[mount.files]\npaths = [%q]\nrescan = '1s'\n", "list.m3u")},
		{name: "a certificate", file: "cert.pem", files: map[string]string{"cert.pem": harness.ReadFile(t, pair.CertFile), "key.pem": harness.ReadFile(t, pair.KeyFile)},
			toml: line("[tls]\ncert_file = %q\nkey_file = %q\n", "cert.pem", "key.pem"), fails: true, early: "cannot be read"},
		{name: "a folder of certificates", file: "",
			toml: line("[tls]\nacme_hosts = ['radio.example.org']\nacme_dir = 'https://127.0.0.1:1/'\nacme_cache = %q\n", ""), early: "radio.example.org"},
		{name: "a password", file: "password", files: map[string]string{"password": "secret\n"},
			toml: line("[[mount]]\nname = '/closed'\nsource_password_file = %q\n", "password"), use: hup, fails: true, early: "cannot be read"},
		{name: "a folder of recordings", file: "",
			toml: line("[[mount]]\nname = '/recorded'\nrecord_dir = %q\nrecord_keep = '1h'\n", ""), use: hup, early: "cannot record there yet"},
		{name: "a history", file: "history.db.lock",
			toml: line("[history]\nfile = %q\n", "history.db")},
		{name: "logs of visits", file: "access.log",
			toml: line("[log]\naccess_file = %q\nplaylist_file = %q\n", "access.log", "playlist.log"), use: listen("/")},
	}
}

// with adds tables to the configuration, or merges them into its own.
func with(tables string) string {
	whole := configuration
	if section, rest, _ := strings.Cut(tables, "\n"); strings.Contains(configuration, section+"\n") && section != "[[mount]]" {
		return strings.Replace(whole, section+"\n", section+"\n"+rest, 1)
	}
	return whole + tables
}

// When a disk does not answer, all other parts continue, a reload comes to an end,
// and so does the server.
func TestDiskThatHangs(t *testing.T) {
	t.Parallel()
	for _, c := range everything(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			disk := harness.NewHangingDisk(t, c.files)
			s := open(t, harness.Start(t, with(c.toml(disk.Path))))
			disk.Hang()
			if c.use != nil {
				c.use(t, s)
			}
			if c.file != "" {
				harness.Eventually(t, c.file+" to be asked about", func() bool { return disk.Asked(c.file) })
			}
			s.changesHands(t)
			reloads := func() int {
				return s.Said("configuration loaded") + s.Said("reload failed: the previous configuration is still active")
			}
			before, began := reloads(), time.Now()
			hup(t, s)
			harness.Eventually(t, "the reload to end", func() bool { return reloads() > before })
			if took := time.Since(began); took > seconds {
				t.Errorf("a reload took %v", took)
			}
			s.endsInTime(t)
			if strings.Contains(s.Log.String(), "shutdown took too long") {
				t.Error("the shutdown waited for the disk until its time limit")
			}
		})
	}
}

// A configuration on a disk that hangs is not reloaded, and the log says so.
func TestConfigurationThatHangs(t *testing.T) {
	t.Parallel()
	disk := harness.NewHangingDisk(t, map[string]string{"relay.toml": configuration})
	r := harness.Run(t, "-c", disk.Path("relay.toml"))
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	s := open(t, r)
	disk.Hang()
	hup(t, s)
	says(t, r, "reload failed: the previous configuration is still active", 1)
	if status, _ := r.Admin(t, "/api/v1/server"); status != 200 {
		t.Errorf("the server's page answers %d", status)
	}
	s.changesHands(t)
	hup(t, s)
	s.endsInTime(t)
}

// If a disk hangs at the start the log names the path, whether or not the server can
// run without it. In both cases the server ends when it is told to.
func TestDiskThatHangsAtTheStart(t *testing.T) {
	t.Parallel()
	for _, c := range slices.DeleteFunc(everything(t), func(c onDisk) bool { return c.early == "" }) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			disk := harness.NewHangingDisk(t, c.files)
			disk.Hang()
			var out harness.Buffer
			cmd := exec.Command(harness.Binary, "-c", harness.WriteFile(t, "relay.toml", with(c.toml(disk.Path))))
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			defer cmd.Process.Kill()
			harness.Eventually(t, "the file to be named", func() bool {
				for line := range bytes.Lines([]byte(out.String())) {
					if bytes.Contains(line, []byte(c.early)) && bytes.Contains(line, []byte(disk.Path(""))) && bytes.Contains(line, []byte("not answer")) {
						return true
					}
				}
				return false
			})
			began := time.Now()
			if !c.fails {
				cmd.Process.Signal(os.Interrupt)
			}
			select {
			case err := <-ended:
				if (err != nil) != c.fails {
					t.Errorf("it ends with %v", err)
				}
			case <-time.After(harness.Patience):
				t.Fatal("it does not end")
			}
			if took := time.Since(began); took > seconds {
				t.Errorf("it took %v to end", took)
			}
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}
