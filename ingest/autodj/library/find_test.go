package library

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
)

func TestFindStaysWithinTheMusic(t *testing.T) {
	outside := music(t, "secret.mp3", "listed.mp3")
	dir := music(t, "a.mp3", "sub/b.mp3", "notes.txt")
	os.Symlink(filepath.Join(outside, "secret.mp3"), filepath.Join(dir, "link.mp3"))
	os.Symlink(outside, filepath.Join(dir, "elsewhere"))
	os.Symlink("sub", filepath.Join(dir, "alias"))
	list := filepath.Join(dir, "list.m3u")
	put(t, list, filepath.Join(outside, "listed.mp3")+"\nsub/b.mp3\n")
	single := filepath.Join(music(t, "single.dat"), "single.dat")
	l := closed(t, New([]string{dir, list, single}, false, 0, Only(".mp3"), zap.NewNop()))
	l.look()
	for name, found := range map[string]bool{
		"a.mp3": true, "sub/b.mp3": true, filepath.Join(dir, "a.mp3"): true, "sub/../a.mp3": true, "alias/b.mp3": true,
		filepath.Join(outside, "listed.mp3"): true, "single.dat": true, single: true,
		"": false, ".": false, "sub": false, "notes.txt": false, "list.m3u": false, "a.mp3\x00": false, strings.Repeat("a", 5000): false,
		"nothere.mp3": false, "../" + filepath.Base(outside) + "/secret.mp3": false, "link.mp3": false, "elsewhere/secret.mp3": false,
		filepath.Join(outside, "secret.mp3"): false, "/etc/passwd": false, "../single.dat": false, dir + "/../" + filepath.Base(outside) + "/secret.mp3": false,
	} {
		path, err := l.Find(name)
		if (err == nil) != found {
			t.Errorf("%s: %q, %v", name, path, err)
		}
		if again, err := l.Find(l.Name(path)); found && (err != nil || again != path) {
			t.Errorf("%s is called %s, which is %q, %v", path, l.Name(path), again, err)
		}
	}
}
