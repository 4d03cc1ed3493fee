package faults

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// mounted runs a server in a mount namespace of its own, after the shell commands
// given. In them $1 is dir, the folder with relay.toml and members.
func mounted(t *testing.T, dir, commands string) *harness.Relay {
	t.Helper()
	if out, err := exec.Command("unshare", "-m", "mount", "--bind", dir, dir).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %v %s", err, out)
	}
	cmd := exec.Command("unshare", "-m", "sh", "-ec", commands+`; exec "$2" -c "$1/relay.toml"`, "sh", dir, harness.Binary)
	r := harness.Launch(t, cmd)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r
}

// retitle changes the title of /live by the API, and returns the answer.
func retitle(t *testing.T, r *harness.Relay, title string) string {
	t.Helper()
	body := fmt.Sprintf(`{"title":%q}`, title)
	return r.Exchange(t, fmt.Sprintf("PATCH /api/v1/mounts/live HTTP/1.1\r\nHost: radio\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		harness.Basic("admin", "adminpass"), len(body), body))
}

// In a container the configuration, or the file of listeners, may be a mounted file
// that cannot be replaced: relay then writes into it, and the file keeps its owner.
// If it cannot be written either, the answer says what to do.
func TestFilesMountedByThemselves(t *testing.T) {
	for name, test := range map[string]struct {
		commands string
		saved    bool
	}{
		"the files":                    {`mount --bind "$1/host.toml" "$1/relay.toml"; mount --bind "$1/host.members" "$1/members"`, true},
		"the files in a closed folder": {`mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; mount --bind "$3" "$1/relay.toml"; mount --bind "$4" "$1/members"`, true},
		"the files, read-only":         {`mount --bind "$1/host.toml" "$1/relay.toml"; mount -o remount,bind,ro "$1/relay.toml"; mount --bind "$1/host.members" "$1/members"; mount -o remount,bind,ro "$1/members"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, elsewhere := t.TempDir(), t.TempDir()
			text := configuration + fmt.Sprintf("[[mount]]\nname = \"/members\"\nlistener_auth.htpasswd_file = \"%s/members\"\n", dir)
			host, members := filepath.Join(dir, "host.toml"), filepath.Join(dir, "host.members")
			if strings.Contains(test.commands, "$3") {
				host, members = filepath.Join(elsewhere, "host.toml"), filepath.Join(elsewhere, "host.members")
				test.commands = strings.NewReplacer("$3", host, "$4", members).Replace(test.commands)
			}
			for path, text := range map[string]string{host: text, members: "", filepath.Join(dir, "relay.toml"): "", filepath.Join(dir, "members"): ""} {
				if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			before, err := os.Stat(host)
			if err != nil {
				t.Fatal(err)
			}
			s := open(t, mounted(t, dir, test.commands))
			add := "GET /admin/manageauth?mount=/members&action=add&username=alice&password=wonderland HTTP/1.0\r\nAuthorization: " + harness.Basic("admin", "adminpass") + "\r\n\r\n"
			if !test.saved {
				for _, answer := range []string{retitle(t, s.Relay, "New"), s.Exchange(t, add)} {
					if strings.Contains(answer, " 200 ") || !strings.Contains(answer, "read-only file system") || !strings.Contains(answer, "mount the folder") {
						t.Errorf("the answer is %q", answer)
					}
				}
				if got := harness.ReadFile(t, host); got != text {
					t.Errorf("the file has\n%s", got)
				}
				s.crowd.GoesOn(t)
				s.endsInTime(t)
				return
			}
			for _, title := range []string{"A title that is rather long, to be cut off afterwards", "Short"} {
				if answer := retitle(t, s.Relay, title); !strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d", http.StatusOK)) || !strings.Contains(answer, `"saved":true`) {
					t.Fatalf("the answer is %q", answer)
				}
				if got := harness.ReadFile(t, host); !strings.Contains(got, fmt.Sprintf("title = %q", title)) || strings.Count(got, "[[mount]]") != 2 {
					t.Errorf("the file has\n%s", got)
				}
			}
			if answer := s.Exchange(t, add); !strings.Contains(answer, "User added") {
				t.Errorf("the answer is %q", answer)
			}
			if got := harness.ReadFile(t, members); !strings.HasPrefix(got, "alice:") {
				t.Errorf("the file of listeners has %q", got)
			}
			if after, err := os.Stat(host); err != nil || !os.SameFile(before, after) || after.Mode() != before.Mode() {
				t.Errorf("it is another file: %v, %v", after, err)
			}
			s.changesHands(t)
			s.endsInTime(t)
		})
	}
}
