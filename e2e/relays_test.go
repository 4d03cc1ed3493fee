package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// pulling is the configuration of a server with a relay.
func pulling(url, mount, more string) string {
	return config + fmt.Sprintf("[limits]\nflush_interval = \"50ms\"\n[[relay]]\nurl = %q\nmount = %q\n%s\n", url, mount, more)
}

// A stream of icecast2 is pulled whole, and comes back to the same listener
// when that server does.
func TestRelayOfIcecast(t *testing.T) {
	there := startIcecast(t, freePort(t))
	there.onAir(t, "/live.mp3", 1)
	there.title(t, "/live.mp3", "First")
	r := start(t, pulling(there.url("/live.mp3"), "/copy", ""))
	eventually(t, "the mount", func() bool { s := r.source(t, "/copy"); return s.BitRate == 128 && s.Title == "First" })
	if s := r.source(t, "/copy"); s.ServerName != "Elsewhere" {
		t.Errorf("listed as %+v", s)
	}

	p := r.tune(t, "/copy", "Icy-MetaData: 1")
	first, last, err := p.inOrder(300)
	if err != nil || first >= last || p.title != "First" {
		t.Fatalf("frames %d to %d, title %q, %v", first, last, p.title, err)
	}

	const again = 1_000_000
	there.kill()
	there = startIcecast(t, there.addr)
	there.onAir(t, "/live.mp3", again)
	there.title(t, "/live.mp3", "Second")
	for last < again {
		n, err := p.number()
		if err != nil {
			t.Fatal(err)
		}
		if n != last+1 && n < again {
			t.Fatalf("frame %d after %d", n, last)
		}
		last = n
	}
	if _, last, err = p.inOrder(last + 100); err != nil {
		t.Errorf("after frame %d: %v", last, err)
	}
	eventually(t, "the title", func() bool { return r.source(t, "/copy").Title == "Second" })
	if s := r.source(t, "/copy"); s.Listeners != 1 {
		t.Errorf("listed as %+v", s)
	}
	if strings.Count(r.log.String(), "relay has no stream") > 5 {
		t.Error("the log is full of it")
	}
}

// One of our own servers pulls from another, by way of a redirect, as long as
// somebody listens.
func TestRelayOnDemand(t *testing.T) {
	there := start(t, config+"[limits]\nflush_interval = \"50ms\"\n")
	e := there.encode(t, "/live", "ice-name: Elsewhere")
	e.frames(t, 200)
	there.request(t, "GET", "/admin/metadata?mode=updinfo&mount=/live&song=Song", "source", "hackme")
	eventually(t, "the title", func() bool { return there.source(t, "/live").Title == "Song" })
	moved := httptest.NewServer(http.RedirectHandler(there.url("/live"), http.StatusFound))
	defer moved.Close()
	r := start(t, pulling(moved.URL+"/old", "/copy", "on_demand = true"))

	eventually(t, "the mount", func() bool { return strings.HasSuffix(r.source(t, "/copy").ListenURL, "/copy") })
	r.request(t, http.MethodHead, "/copy", "", "")
	r.get(t, "/copy.m3u")
	if s := r.source(t, "/copy"); s.Listeners != 0 || strings.Contains(r.log.String(), "relay connected") {
		t.Errorf("pulled for nobody: %+v", s)
	}

	p := r.tune(t, "/copy", "Icy-MetaData: 1")
	if p.header["icy-name"] != "Elsewhere" || p.header["icy-br"] != "128" {
		t.Errorf("head %v", p.header)
	}
	e.frames(t, 300)
	if _, last, err := p.inOrder(495); err != nil || p.title != "Song" {
		t.Fatalf("up to frame %d, title %q, %v", last, p.title, err)
	}
	if n := there.source(t, "/live").Listeners; n != 1 {
		t.Errorf("%d listeners there", n)
	}
	p.Close()
	eventually(t, "the relay to leave", func() bool {
		e.frames(t, 1)
		return there.source(t, "/live").Listeners == 0
	})

	out, err := exec.Command(program(t, "curl"), "-sS", "-m", "3", r.url("/copy")).Output()
	if len(out) < 32<<10 {
		t.Errorf("a listener who comes later gets %d bytes, %v", len(out), err)
	}
}

// A relay on demand of a server that is not there turns listeners away, and
// one of its own mount is told so.
func TestRelayThatCannotBe(t *testing.T) {
	addr := freePort(t)
	r := start(t, strings.Replace(pulling("http://"+addr+"/live", "/live", "on_demand = true"), "127.0.0.1:0", addr, 1)+
		fmt.Sprintf("[[relay]]\nurl = %q\nmount = \"/other\"\n", "http://"+freePort(t)+"/live"))
	if p := r.ask(t, "GET /live HTTP/1.0\r\n\r\n"); p.status != "HTTP/1.0 404 Not Found" {
		t.Errorf("a listener of a loop gets %q", p.status)
	}
	for _, reason := range []string{"leads back to this server", "connection refused"} {
		if n := strings.Count(r.log.String(), reason); n == 0 {
			t.Errorf("nothing says %q", reason)
		}
	}
	if r.source(t, "/other").ListenURL != "" {
		t.Error("a mount is listed for which there is no stream")
	}
}

// All mounts of a master are pulled, as they come and go.
func TestMaster(t *testing.T) {
	there := startIcecast(t, freePort(t))
	there.onAir(t, "/stays.mp3", 1)
	goes := there.onAir(t, "/goes.mp3", 1)
	const mounts = "[[mount]]\nname = \"/*\"\ngrace = \"100ms\"\n"
	r := start(t, config+mounts+fmt.Sprintf("[limits]\nflush_interval = \"50ms\"\n[master]\nurl = %q\npassword = \"relaypass\"\ninterval = \"1s\"\n", there.url("")))
	for _, mount := range []string{"/stays.mp3", "/goes.mp3"} {
		eventually(t, mount, func() bool { return r.source(t, mount).BitRate == 128 })
		p := r.tune(t, mount)
		if first, last, err := p.inOrder(150); err != nil {
			t.Errorf("%s: frames %d to %d, %v", mount, first, last, err)
		}
		p.Close()
	}
	goes.Close()
	eventually(t, "the mount to go", func() bool { return r.source(t, "/goes.mp3").ListenURL == "" })
	there.onAir(t, "/comes.mp3", 1)
	eventually(t, "the new mount", func() bool { return r.source(t, "/comes.mp3").BitRate == 128 })
	if r.source(t, "/stays.mp3").BitRate != 128 {
		t.Error("a mount that stayed is gone")
	}
}

func TestMasterOfOurOwn(t *testing.T) {
	there := start(t, strings.Replace(config, "[auth]", "[auth]\nrelay_password = \"relaypass\"", 1))
	e := there.encode(t, "/live", "ice-name: Elsewhere")
	e.frames(t, 200)
	eventually(t, "the source", func() bool { return there.source(t, "/live").BitRate == 128 })
	r := start(t, config+fmt.Sprintf("[limits]\nflush_interval = \"50ms\"\n[master]\nurl = %q\npassword = \"relaypass\"\n", there.url("")))
	eventually(t, "the mount", func() bool { s := r.source(t, "/live"); return s.ServerName == "Elsewhere" && s.BitRate == 128 })
	p := r.tune(t, "/live")
	e.frames(t, 300)
	if first, last, err := p.inOrder(495); err != nil {
		t.Errorf("frames %d to %d, %v", first, last, err)
	}
}

func TestMasterThatRefusesTheLogin(t *testing.T) {
	there := startIcecast(t, freePort(t))
	r := start(t, config+fmt.Sprintf("[master]\nurl = %q\npassword = \"wrong\"\ninterval = \"1s\"\n", there.url("")))
	eventually(t, "the complaint", func() bool {
		return strings.Contains(r.log.String(), "master.user and master.password must be its relay login")
	})
}
