package relays

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// pulling returns the configuration of a server with a relay.
func pulling(url, mount, more string) string {
	return harness.Config + fmt.Sprintf("[limits]\nflush_interval = \"50ms\"\n[[relay]]\nurl = %q\nmount = %q\n%s\n", url, mount, more)
}

// A stream of icecast2 is pulled completely, and returns to the same listener when
// that server does.
func TestRelayOfIcecast(t *testing.T) {
	t.Parallel()
	there := harness.StartIcecast(t, harness.FreePort(t))
	there.OnAir(t, "/live.mp3", 1)
	there.Title(t, "/live.mp3", "First")
	r := harness.Start(t, pulling(there.URL("/live.mp3"), "/copy", ""))
	harness.Eventually(t, "the mount", func() bool { s := r.Source(t, "/copy"); return s.BitRate == 128 && s.Title == "First" })
	if s := r.Source(t, "/copy"); s.ServerName != "Elsewhere" {
		t.Errorf("listed as %+v", s)
	}

	p := r.Tune(t, "/copy", "Icy-MetaData: 1")
	first, last, err := p.InOrder(300)
	if err != nil || first >= last || p.Title != "First" {
		t.Fatalf("frames %d to %d, title %q, %v", first, last, p.Title, err)
	}

	const again = 1_000_000
	there.Kill()
	there = harness.StartIcecast(t, there.Addr)
	there.OnAir(t, "/live.mp3", again)
	there.Title(t, "/live.mp3", "Second")
	for last < again {
		n, err := p.Number()
		if err != nil {
			t.Fatal(err)
		}
		if n != last+1 && n < again {
			t.Fatalf("frame %d after %d", n, last)
		}
		last = n
	}
	if _, last, err = p.InOrder(last + 100); err != nil {
		t.Errorf("after frame %d: %v", last, err)
	}
	harness.Eventually(t, "the title", func() bool { return r.Source(t, "/copy").Title == "Second" })
	if s := r.Source(t, "/copy"); s.Listeners != 1 {
		t.Errorf("listed as %+v", s)
	}
	if r.Said("relay has no stream") > 5 {
		t.Error("the log repeats the fault")
	}
}

// One relay server pulls from another, through a redirect, while it has listeners.
func TestRelayOnDemand(t *testing.T) {
	t.Parallel()
	there := harness.Start(t, harness.Config+"[limits]\nflush_interval = \"50ms\"\n")
	e := there.Encode(t, "/live", "ice-name: Elsewhere")
	e.Frames(t, 200)
	there.Request(t, "GET", "/admin/metadata?mode=updinfo&mount=/live&song=Song", "source", "hackme")
	harness.Eventually(t, "the title", func() bool { return there.Source(t, "/live").Title == "Song" })
	moved := httptest.NewServer(http.RedirectHandler(there.URL("/live"), http.StatusFound))
	defer moved.Close()
	r := harness.Start(t, pulling(moved.URL+"/old", "/copy", "on_demand = true"))

	harness.Eventually(t, "the mount", func() bool { return strings.HasSuffix(r.Source(t, "/copy").ListenURL, "/copy") })
	r.Request(t, http.MethodHead, "/copy", "", "")
	r.Get(t, "/copy.m3u")
	if s := r.Source(t, "/copy"); s.Listeners != 0 || strings.Contains(r.Log.String(), "relay connected") {
		t.Errorf("pulled without a listener: %+v", s)
	}

	p := r.Tune(t, "/copy", "Icy-MetaData: 1")
	if p.Header["icy-name"] != "Elsewhere" || p.Header["icy-br"] != "128" {
		t.Errorf("head %v", p.Header)
	}
	e.Frames(t, 300)
	if _, last, err := p.InOrder(495); err != nil || p.Title != "Song" {
		t.Fatalf("up to frame %d, title %q, %v", last, p.Title, err)
	}
	if n := there.Source(t, "/live").Listeners; n != 1 {
		t.Errorf("%d listeners there", n)
	}
	p.Close()
	harness.Eventually(t, "the relay to leave", func() bool {
		e.Frames(t, 1)
		return there.Source(t, "/live").Listeners == 0
	})

	out, err := exec.Command(harness.Program(t, "curl"), "-sS", "-m", "3", r.URL("/copy")).Output()
	if len(out) < 32<<10 {
		t.Errorf("a later listener gets %d bytes, %v", len(out), err)
	}
}

// A relay on demand without an upstream refuses listeners; so does a relay that leads
// back to its own mount.
func TestRelayThatCannotBe(t *testing.T) {
	t.Parallel()
	addr := harness.FreePort(t)
	r := harness.Start(t, strings.Replace(pulling("http://"+addr+"/live", "/live", "on_demand = true"), "127.0.0.1:0", addr, 1)+
		fmt.Sprintf("[[relay]]\nurl = %q\nmount = \"/other\"\n", "http://"+harness.FreePort(t)+"/live"))
	harness.Eventually(t, "the mount", func() bool { status, _ := r.Admin(t, "/api/v1/mounts/live"); return status == 200 })
	if p := r.Ask(t, "GET /live HTTP/1.0\r\n\r\n"); p.Status != "HTTP/1.0 404 Not Found" {
		t.Errorf("a listener of a loop gets %q", p.Status)
	}
	r.Says(t, "leads back to this server", "connection refused")
	if r.Source(t, "/other").ListenURL != "" {
		t.Error("a mount is listed for which there is no stream")
	}
}

// All mounts of a master are pulled when they begin, and end when they end.
func TestMaster(t *testing.T) {
	t.Parallel()
	there := harness.StartIcecast(t, harness.FreePort(t))
	there.OnAir(t, "/stays.mp3", 1)
	goes := there.OnAir(t, "/goes.mp3", 1)
	const mounts = "[[mount]]\nname = \"/*\"\ngrace = \"100ms\"\n"
	r := harness.Start(t, harness.Config+mounts+fmt.Sprintf("[limits]\nflush_interval = \"50ms\"\n[master]\nurl = %q\npassword = \"relaypass\"\ninterval = \"1s\"\n", there.URL("")))
	for _, mount := range []string{"/stays.mp3", "/goes.mp3"} {
		harness.Eventually(t, mount, func() bool { return r.Source(t, mount).BitRate == 128 })
		p := r.Tune(t, mount)
		if first, last, err := p.InOrder(150); err != nil {
			t.Errorf("%s: frames %d to %d, %v", mount, first, last, err)
		}
		p.Close()
	}
	goes.Close()
	harness.Eventually(t, "the mount to go", func() bool { return r.Source(t, "/goes.mp3").ListenURL == "" })
	there.OnAir(t, "/comes.mp3", 1)
	harness.Eventually(t, "the new mount", func() bool { return r.Source(t, "/comes.mp3").BitRate == 128 })
	if r.Source(t, "/stays.mp3").BitRate != 128 {
		t.Error("a mount that stayed is gone")
	}
}

func TestMasterOfOurOwn(t *testing.T) {
	t.Parallel()
	there := harness.Start(t, strings.Replace(harness.Config, "[auth]", "[auth]\nrelay_password = \"relaypass\"", 1))
	e := there.Encode(t, "/live", "ice-name: Elsewhere")
	e.Frames(t, 200)
	harness.Eventually(t, "the source", func() bool { return there.Source(t, "/live").BitRate == 128 })
	r := harness.Start(t, harness.Config+fmt.Sprintf("[limits]\nflush_interval = \"50ms\"\n[master]\nurl = %q\npassword = \"relaypass\"\n", there.URL("")))
	harness.Eventually(t, "the mount", func() bool { s := r.Source(t, "/live"); return s.ServerName == "Elsewhere" && s.BitRate == 128 })
	p := r.Tune(t, "/live")
	e.Frames(t, 300)
	if first, last, err := p.InOrder(495); err != nil {
		t.Errorf("frames %d to %d, %v", first, last, err)
	}
}

func TestMasterThatRefusesTheLogin(t *testing.T) {
	t.Parallel()
	there := harness.StartIcecast(t, harness.FreePort(t))
	r := harness.Start(t, harness.Config+fmt.Sprintf("[master]\nurl = %q\npassword = \"wrong\"\ninterval = \"1s\"\n", there.URL("")))
	harness.Eventually(t, "the complaint", func() bool {
		return strings.Contains(r.Log.String(), "master.user and master.password must be its relay login")
	})
}
