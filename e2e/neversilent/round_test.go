package neversilent

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"relay/e2e/harness"
)

// A round of AutoDJ continues after a restart and after a kill. It is saved beside
// the history, or beside the configuration if the history has no file.
func TestRoundGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	for name, history := range map[string]string{"beside the history": "[history]\nfile = 'data/history.db'\n", "beside the configuration": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, folder := range []string{"music", "data"} {
				if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			var all []string
			for n := range 9 {
				all = append(all, fmt.Sprintf("track %d", n))
				harness.MusicFile(t, filepath.Join(dir, "music"), all[n]+".mp3")
			}
			path := filepath.Join(dir, "relay.toml")
			toml := harness.Config + history + "[[mount]]\nname = '/live'\nfiles = { paths = ['music'], order = 'shuffle' }\n"
			if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
				t.Fatal(err)
			}
			var heard []string
			for len(heard) < len(all) {
				r := harness.Launch(t, exec.Command(harness.Binary, "-c", path))
				last := ""
				for range 3 {
					if last != "" {
						r.Admin(t, "/admin/skip?mount=/live")
					}
					harness.Eventually(t, "another track", func() bool {
						title := r.Source(t, "/live").Title
						if title == "" || title == last {
							return false
						}
						last = title
						return true
					})
					heard = append(heard, last)
				}
				if len(heard) == 3 {
					r.Cmd.Process.Kill()
					<-r.Exited
				} else if err := r.Stop(t); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(heard)
			if !slices.Equal(heard, all) {
				t.Errorf("over three runs it played %q", heard)
			}
		})
	}
}
