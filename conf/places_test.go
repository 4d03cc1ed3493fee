package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"relay/internal/disk"
)

// noProbes are probes that accept every file.
var noProbes = Probes{
	Music: func(string) string { return "" },
	Intro: func(string) string { return "" },
	Logo:  func(string) string { return "" },
}

// placesFolder returns a path for a relay.toml in a folder that has a folder "full", a
// file "file" and a FIFO "fifo".
func placesFolder(t *testing.T) (file string) {
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "full"), 0o700),
		os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600),
		syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "relay.toml")
}

// The place of each key is checked, and errors give the key's line.
func TestPlaces(t *testing.T) {
	const mount = "[[mount]]\nname = '/a'\n"
	for _, test := range []struct{ text, want string }{
		{mount + "files.paths = ['full', 'absent/']", `:3: mount.files.paths = "absent/": DIR/absent does not exist: make it`},
		{mount + "files.paths = ['/nowhere/at/all']", `:3: mount.files.paths = "/nowhere/at/all": /nowhere/at/all does not exist`},
		{mount + "[mount.files]\npaths = [\n'full',\n'list.m3u',\n]", `:6: mount.files.paths = "list.m3u": DIR/list.m3u does not exist`},
		{mount + "files.paths = ['fifo']", `:3: mount.files.paths = "fifo": DIR/fifo is neither a file nor a folder`},
		{mount + "files.paths = ['file/below']", `:3: mount.files.paths = "file/below": DIR/file/below cannot be read`},
		{mount + "files.paths = ['full', 'file']", ""},
		{mount + "[mount.files]\njingles = ['absent']\njingle_every = 2", `:4: mount.files.jingles = "absent": DIR/absent does not exist`},
		{mount + "intro_file = 'absent.mp3'", `:3: mount.intro_file = "absent.mp3": DIR/absent.mp3 does not exist: make the file`},
		{mount + "intro_file = 'full'", `:3: mount.intro_file = "full": DIR/full is not a file`},
		{mount + "intro_file = 'file'", ""},
		{mount + "listener_auth.htpasswd_file = 'absent'", `:3: mount.listener_auth.htpasswd_file = "absent": DIR/absent does not exist`},
		{mount + "record_dir = 'absent'", ""}, // is created
		{mount + "record_dir = 'full'", ""},
		{mount + "rewind_dir = 'absent'", ""},
		{mount + "rewind_dir = 'absent/below'", `:3: mount.rewind_dir = "absent/below": DIR/absent/below cannot be made: the folder DIR/absent does not exist`},
		{mount + "record_dir = 'absent/below'", `:3: mount.record_dir = "absent/below": DIR/absent/below cannot be made: the folder DIR/absent does not exist`},
		{mount + "record_dir = 'file'", `:3: mount.record_dir = "file": DIR/file cannot be used as a folder: it is a file`},
		{"[auth]\ndeny_ips_file = 'absent'", ""}, // is created with the first ban
		{"[auth]\ndeny_ips_file = 'absent/bans'", `:2: auth.deny_ips_file = "absent/bans": DIR/absent/bans cannot be made: the folder DIR/absent does not exist`},
		{"[auth]\ndeny_agents_file = 'full'", `:2: auth.deny_agents_file = "full": DIR/full is not a file`},
		{"[auth]\napi_folders = ['full', 'absent']", `:2: auth.api_folders = "absent": DIR/absent does not exist: make the folder`},
		{"[auth]\napi_folders = ['file']", `:2: auth.api_folders = "file": DIR/file is not a folder`},
		{"[page]\nlogo = 'absent.png'", `:2: page.logo = "absent.png": DIR/absent.png does not exist`},
		{"[log]\naccess_file = 'made/too/access.log'\nplaylist_file = 'playlist.log'", ""},
		{"[log]\naccess_file = 'full'", `:2: log.access_file = "full": DIR/full is not a file`},
		{"[log]\nplaylist_file = 'file/playlist.log'", `:2: log.playlist_file = "file/playlist.log": DIR/file/playlist.log cannot be written`},
		{"[history]\nfile = 'history.db'", ""},
		{"[history]\nfile = 'absent/history.db'", `:2: history.file = "absent/history.db": DIR/absent/history.db cannot be made: the folder DIR/absent does not exist`},
		{"[history]\noff = true\nfile = 'absent/history.db'", ""},
		{"[tls]\nacme_hosts = ['radio.example.org']\nacme_cache = 'made/too'", ""},
		{"[tls]\nacme_hosts = ['radio.example.org']\nacme_cache = 'file'", `:3: tls.acme_cache = "file": DIR/file cannot be used as a folder`},
		{"wrong", ""},
	} {
		file := placesFolder(t)
		problems, doubts := Places(file, []byte(test.text), noProbes)
		got := ""
		for _, p := range append(problems, doubts...) {
			got += strings.ReplaceAll(strings.TrimPrefix(p.Error(), file), filepath.Dir(file), "DIR") + "\n"
		}
		if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) || strings.Count(got, "\n") > 1 {
			t.Errorf("%s\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

// Unusable contents are reported if the file itself is fine: as a doubt, or as a
// problem for a logo.
func TestPlacesProbes(t *testing.T) {
	probe := func(path string) string { return filepath.Base(path) + " is odd" }
	problems, doubts := Places(placesFolder(t), []byte(`
[page]
logo = "file"
[[mount]]
name = "/a"
intro_file = "file"
[mount.files]
paths = ["full", "absent"]
`), Probes{Music: probe, Intro: probe, Logo: probe})
	var got []string
	for _, e := range slices.Concat(problems, doubts) {
		problem, _, _ := strings.Cut(e.Problem[strings.LastIndex(e.Problem, "/")+1:], ":")
		got = append(got, fmt.Sprintf("%d %s %s", e.Line, e.Key, problem))
	}
	want := []string{"3 page.logo file is odd", "8 mount.files.paths absent does not exist", "6 mount.intro_file file is odd", "8 mount.files.paths full is odd"}
	if !slices.Equal(got, want) || len(problems) != 2 {
		t.Errorf("got %q (%d problems)\nwant %q", got, len(problems), want)
	}
}

// Disks that do not answer are waited for at the same time.
func TestPlacesOnDeadDisks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := make(chan struct{})
		var list []*place
		for i := range 3 * maxLooks {
			list = append(list, &place{at: path{}.key("x"), path: fmt.Sprint("/dead/", i), check: func(string) error { <-dead; return nil }})
		}
		began := time.Now()
		look(list)
		if took := time.Since(began); took > 2*disk.Patience {
			t.Errorf("it took %v", took)
		}
		for _, p := range list {
			if !strings.Contains(p.problem, "the disk does not answer") {
				t.Fatalf("of %s it says %q", p.path, p.problem)
			}
		}
		close(dead)
	})
}
