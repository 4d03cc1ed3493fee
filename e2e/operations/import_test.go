package operations

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/icy"
)

// icecastXML is the configuration of a station that ran Icecast.
const icecastXML = `<?xml version="1.0" encoding="UTF-8"?>
<icecast>
  <limits><clients>50</clients><sources>5</sources><burst-size>65535</burst-size><threadpool>5</threadpool></limits>
  <authentication>
    <source-password>send-it</source-password>
    <admin-user>boss</admin-user>
    <admin-password>run-it</admin-password>
  </authentication>
  <hostname>radio.example</hostname>
  <listen-socket><port>0</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <mount type="normal">
    <mount-name>/live.mp3</mount-name>
    <stream-name>Radio Example</stream-name>
    <genre>Talk</genre>
    <mp3-metadata-interval>8192</mp3-metadata-interval>
    <max-listeners>1</max-listeners>
  </mount>
  <mount type="normal">
    <mount-name>/own.mp3</mount-name>
    <username>dj</username><password>own</password>
    <hidden>1</hidden>
  </mount>
  <mount type="default"><stream-name>Another</stream-name></mount>
  <fileserve>1</fileserve>
  <paths><logdir>.</logdir><webroot>/usr/share/icecast2/web</webroot></paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>4</loglevel></logging>
  <security><chroot>0</chroot></security>
</icecast>
`

// relay runs with an icecast.xml, and with the relay.toml made from it.
func TestIcecastConfiguration(t *testing.T) {
	t.Parallel()
	xml := filepath.Join(t.TempDir(), "icecast.xml")
	if err := os.WriteFile(xml, []byte(icecastXML), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(harness.Binary, "check", "-c", xml).CombinedOutput(); err != nil {
		t.Fatalf("check: %v\n%s", err, out)
	}
	t.Run("as it is", func(t *testing.T) {
		r := harness.Run(t, "-c", xml)
		r.Says(t, xml+":26: <errorlog>: ")
		if said := r.Log.String(); strings.Contains(said, "<threadpool>") {
			t.Errorf("relay said\n%s", said)
		}
		holds(t, r)
	})
	t.Run("imported", func(t *testing.T) {
		toml := filepath.Join(t.TempDir(), "relay.toml")
		out, err := exec.Command(harness.Binary, "import", xml).Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(toml, out, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(harness.Binary, "check", "-c", toml).CombinedOutput(); err != nil {
			t.Fatalf("check: %v\n%s", err, out)
		}
		holds(t, harness.Run(t, "-c", toml))
	})
}

// holds checks that a server behaves as icecastXML says.
func holds(t *testing.T, r *harness.Relay) {
	t.Helper()
	r.SourcePassword = "send-it"
	r.Encode(t, "/live.mp3", "Ice-Name: not this").Frames(t, 50)
	listener := r.Tune(t, "/live.mp3", "Icy-MetaData: 1")
	if listener.Metaint != 8192 {
		t.Errorf("icy-metaint %d, want 8192", listener.Metaint)
	}
	if got := r.Source(t, "/live.mp3"); got.ServerName != "Radio Example" || got.Genre != "Talk" || !strings.Contains(got.ListenURL, "/live.mp3") {
		t.Errorf("listed as %+v", got)
	}
	if status, _, _ := r.Get(t, "/live.mp3"); status == 200 {
		t.Error("a second listener was admitted where the limit is one")
	}

	head := "PUT /own.mp3 HTTP/1.1\r\nHost: a\r\nContent-Type: audio/mpeg\r\nAuthorization: "
	if answer := r.Exchange(t, head+harness.Basic("source", "send-it")+"\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 401 ") {
		t.Errorf("the server's password on a mount with its own got %q", answer)
	}
	own := r.Connect(t, head+harness.Basic("dj", "own")+"\r\n\r\n")
	if own.Answer != icy.SourceAccepted {
		t.Fatalf("the mount's own password got %q", own.Answer)
	}
	own.Frames(t, 50)
	if got := r.Source(t, "/own.mp3"); got.ListenURL != "" {
		t.Errorf("a hidden mount is listed as %+v", got)
	}

	r.Encode(t, "/other.mp3").Frames(t, 50)
	if got := r.Source(t, "/other.mp3"); got.ServerName != "Another" {
		t.Errorf("a mount without a block of its own is listed as %+v", got)
	}
	if status, _, _ := r.Request(t, "GET", "/admin/stats", "boss", "run-it"); status != 200 {
		t.Errorf("the admin's login got %d", status)
	}
}

// An error is reported with its line in the XML, and relay does not start.
func TestIcecastConfigurationWithAMistake(t *testing.T) {
	t.Parallel()
	xml := filepath.Join(t.TempDir(), "icecast.conf")
	text := strings.Replace(icecastXML, "radio.example</hostname>", "radio.example:8000</hostname>", 1)
	if err := os.WriteFile(xml, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "relay: " + xml + `:9: <hostname> = "radio.example:8000": must be a bare host name`
	for _, args := range [][]string{{"-c", xml}, {"check", "-c", xml}, {"import", xml}} {
		command := exec.Command(harness.Binary, args...)
		var said strings.Builder
		command.Stderr = &said
		if err := command.Run(); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%v: %v\n%s", args, err, said.String())
		}
	}
}
