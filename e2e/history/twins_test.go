package history

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
	"relay/history"
)

// Apple's player opens one connection to examine the stream and a second one to play
// it: everything that counts listeners counts one.
func TestApplePlayersAreOneListenerEach(t *testing.T) {
	t.Parallel()
	const agent = "User-Agent: AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_us)\r\n"
	file := filepath.Join(t.TempDir(), "history.db")
	toml := harness.Config + "[history]\nfile = '" + file + "'\n[limits]\ncount_after = '10m'\n"
	path := harness.WriteFile(t, "relay.toml", toml)
	r := harness.Launch(t, exec.Command(harness.Binary, "-c", path))
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	r.Encode(t, "/live").Frames(t, 100)
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/live").BitRate == 128 })
	play := func(session, ranges string) *harness.Player {
		p := r.Ask(t, "GET /live HTTP/1.1\r\nHost: a\r\nAccept-Encoding: identity\r\nRange: "+ranges+"\r\n"+agent+session+"\r\n")
		if _, err := p.Frame(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	one, two := "X-Playback-Session-Id: 3F2504E0-4F89-11D3-9A0C-0305E82C3301\r\n", "X-Playback-Session-Id: 6B29FC40-CA47-1067-B31D-00DD010662DA\r\n"
	play(one, "bytes=0-1").Close()
	harness.Eventually(t, "the probe to go", func() bool { return r.Source(t, "/live").Listeners == 0 })
	players := []*harness.Player{play(one, "bytes=0-"), play(two, "bytes=0-1"), play(two, "bytes=0-"), play("", "bytes=0-1"), play("", "bytes=0-")}
	defer func() {
		for _, p := range players {
			p.Close()
		}
	}()
	want := func(peak string) {
		t.Helper()
		list := r.Clients(t, "/live").Source[0]
		if n := r.Source(t, "/live").Listeners; n != 3 || list.Count != 3 || len(list.Listener) != 3 {
			t.Errorf("%d listeners, %d by listclients, in %d rows, want 3", n, list.Count, len(list.Listener))
		}
		_, _, seven := r.Request(t, "GET", "/7.html", "", "")
		_, api := r.Admin(t, "/api/v1/mounts/live")
		_, metrics := r.Admin(t, "/metrics")
		for said, in := range map[string]string{">3,1," + peak + ",": seven, `"listeners":3`: api, "relay_listeners 3\n": metrics} {
			if !strings.Contains(in, said) {
				t.Errorf("%q is not in %s", said, in[:min(len(in), 1000)])
			}
		}
	}
	want("0") // no session is long enough to count
	if err := os.WriteFile(path, []byte(strings.Replace(toml, "'10m'", "'0s'", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Cmd.Process.Signal(syscall.SIGHUP)
	harness.Eventually(t, "the new setting", func() bool { return strings.Contains(r.Log.String(), "configuration loaded") })
	want("3")
	for _, p := range players {
		p.Close()
	}
	harness.Eventually(t, "all to go", func() bool { return r.Source(t, "/live").Listeners == 0 })
	r.Stop(t)
	rows, err := openHistory(t, file).Listening(context.Background(), history.Span{From: time.Now().Add(-time.Hour)})
	if err != nil || len(rows) != 1 || rows[0].Sessions != 3 || rows[0].UniqueListeners != 1 || rows[0].Peak != 3 {
		t.Errorf("the history has %+v, %v", rows, err)
	}
}
