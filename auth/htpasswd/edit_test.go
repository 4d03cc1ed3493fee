package htpasswd

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAddAndDelete(t *testing.T) {
	const text = "# members\r\nann:10cf1fdf6ad958eeffa9853f6885cec9\r\n\n  bad line  \nbob:x\nbob:10cf1fdf6ad958eeffa9853f6885cec9"
	path, f, _ := members(t, text)
	read := func() string {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	if err := f.Add("eve", "wonder"); err != nil {
		t.Fatal(err)
	}
	if got := read(); !strings.HasPrefix(got, text+"\neve:$2a$10$") || !strings.HasSuffix(got, "\n") {
		t.Errorf("the file is\n%s", got)
	}
	if got := f.Users(); !slices.Equal(got, []string{"ann", "bob", "eve"}) {
		t.Errorf("users are %q", got)
	}
	checkVerdict(t, f, "eve", "wonder", "")
	for _, user := range []string{"eve", "ann", "bob"} {
		if err := f.Add(user, "other"); err != ErrUserExists {
			t.Errorf("%s again: %v", user, err)
		}
	}
	for _, user := range []string{"eve", "bob"} {
		if err := f.Delete(user); err != nil {
			t.Error(err)
		}
		checkVerdict(t, f, user, "wonder", "there is no user")
		if err := f.Delete(user); err != ErrNoUser {
			t.Errorf("%s again: %v", user, err)
		}
	}
	if got := read(); got != text[:strings.Index(text, "bob")] {
		t.Errorf("the file is\n%q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestAddRefuses(t *testing.T) {
	path, f, _ := members(t, kinds)
	for _, bad := range []struct{ user, password, want string }{
		{"", "x", "the user name is empty"},
		{"a:b", "x", `must not hold ":"`},
		{"#a", "x", "must not hold"},
		{" a", "x", "must not hold"},
		{"a\nb", "x", "control characters"},
		{"a\xff", "x", "no UTF-8"},
		{strings.Repeat("a", 256), "x", "longer than 255 bytes"},
		{"a", "", "the password is empty"},
		{"a", strings.Repeat("x", 73), "longer than 72 bytes"},
	} {
		if err := f.Add(bad.user, bad.password); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%.9q: got %v, want %s", bad.user, err, bad.want)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != kinds {
		t.Errorf("the file has changed: %v\n%s", err, got)
	}
}

// The first user creates the file, with a mode for the server's user only. A link to a
// file stays a link. If nothing can be written, the error says so.
func TestAddToNewLinkedAndNoFile(t *testing.T) {
	path, f, _ := members(t, "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	checkVerdict(t, f, "ann", "x", "no such file")
	if err := f.Add("ann", "x"); err != nil {
		t.Fatal(err)
	}
	checkVerdict(t, f, "ann", "x", "")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}

	target := path + ".real"
	if err := errors.Join(os.Rename(path, target), os.Symlink(target, path)); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete("ann"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(target); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link has become %v, %v", info.Mode(), err)
	}

	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := f.Add("bob", "x"); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("got %v", err)
	}
}

func FuzzHtpasswd(f *testing.F) {
	f.Add([]byte(kinds), "ann")
	f.Add([]byte("a:{SHA}\na:b:c\n:#\r\n\x00:\xff"), "a")
	f.Add([]byte("r:$5$rounds=1000$a$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3"), "r")
	f.Fuzz(func(t *testing.T, text []byte, user string) {
		r, problems := parse(text)
		if len(r.names) != len(r.logins) || len(r.names)+len(problems) > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("%d names, %d logins, %d problems", len(r.names), len(r.logins), len(problems))
		}
		for i, name := range r.names {
			if name == "" || strings.ContainsAny(name, ":\n") {
				t.Errorf("a user is called %q", name)
			}
			if i < 3 && !bytes.Contains(text, []byte("$2")) && !bytes.Contains(text, []byte("rounds=")) {
				r.logins[name].MatchesPassword(user[:min(len(user), maxPassword)])
			}
		}

		for _, name := range append(slices.Clone(r.names[:min(len(r.names), 3)]), user) {
			left, err := deleteLines(text, name)
			if err != nil {
				continue
			}
			if got, _ := parse(left); slices.Contains(got.names, name) {
				t.Errorf("%q is still there", name)
			}
		}
		if checkUserName(user) != nil {
			return
		}
		const hash = "10cf1fdf6ad958eeffa9853f6885cec9"
		added, err := addLine(bytes.Clone(text), user, hash)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(added, text) {
			t.Errorf("other lines have changed: %q, %q", text, added)
		}
		if got, _ := parse(added); got.names[len(got.names)-1] != user || len(got.names) != len(r.names)+1 {
			t.Errorf("added %q, got %q", user, got.names)
		}
		back, err := deleteLines(added, user)
		if err != nil || string(bytes.TrimSuffix(back, []byte("\n"))) != string(bytes.TrimSuffix(text, []byte("\n"))) {
			t.Errorf("taken away again: %q, %v, was %q", back, err, text)
		}
	})
}
