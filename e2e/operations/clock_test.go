package operations

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// When the clock is set, no listener notices, nothing is deleted because of it, and
// the log says so.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shelve := func(name string, age time.Duration) string {
		path, ended := filepath.Join(dir, name), time.Now().Add(-age)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, ended, ended); err != nil {
			t.Fatal(err)
		}
		return path
	}
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	clock := harness.NewDayClock(t)
	r := clock.Start(t, harness.Config+"[[mount]]\nname = '/live'\nrecord_dir = '"+dir+"'\nrecord_keep = '24h'\n")
	young := shelve("live-2020-01-02T00-00-00Z.mp3", time.Hour)
	e := r.Encode(t, "/live")
	stop, played := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(played)
		e.Play(stop)
	}()
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	heard := uint64(0)
	hear := func(more uint64) {
		t.Helper()
		p.SetReadDeadline(time.Now().Add(harness.Patience))
		first, end, err := p.InOrder(heard + more)
		if err != nil || heard > 0 && first != heard+1 {
			t.Fatalf("after frame %d the listener heard %d to %d: %v", heard, first, end, err)
		}
		heard = end
	}
	hear(50)
	const year = 365 * 24 * time.Hour
	for i, step := range []struct {
		ahead time.Duration
		says  string
	}{
		{year, "the clock was set forward"},
		{-year, "the clock was set back"},
		{0, "the clock was set forward"},
	} {
		lines := r.Said(step.says)
		clock.Set(t, step.ahead)
		harness.Eventually(t, "the log to say that "+step.says, func() bool { return r.Said(step.says) > lines })
		hear(100)
		title := fmt.Sprint("Title ", i)
		r.SetTitle(t, "/live", title)
		harness.Eventually(t, "the title", func() bool {
			hear(10)
			return p.Title == title
		})
		r.Tune(t, "/live").Close()
		old := shelve(fmt.Sprintf("live-2020-01-01T00-00-0%dZ.mp3", i), 3*year)
		r.Cmd.Process.Signal(syscall.SIGHUP) // a reload looks for old recordings
		harness.Eventually(t, "an old recording to go", func() bool { return !exists(old) })
		if !exists(young) {
			t.Fatal("a young recording was deleted")
		}
	}
	for path, want := range map[string]string{"/api/v1/mounts/live": `"live"`, "/api/v1/reports/titles": "Title 2", "/admin/stats": "Title 2"} {
		harness.Eventually(t, path+" to say "+want, func() bool {
			status, body := r.Admin(t, path)
			return status == 200 && strings.Contains(body, want)
		})
	}
	close(stop)
	<-played
	if n := r.Left("/live"); n != 0 {
		t.Errorf("the source was dropped %d times", n)
	}
}
