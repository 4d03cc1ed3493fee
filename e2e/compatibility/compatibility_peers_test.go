package compatibility

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// Other servers relay our mounts, with their names and titles.
func TestCompatibilityPeers(t *testing.T) {
	t.Parallel()
	s := onAir(t, harness.Start(t, strings.Replace(harness.Config, "[auth]", `[auth]
relay_password = "relaypass"`, 1)), "/tone.mp3", 740)
	icecast("as a relay of one mount").test(t, func(t *testing.T, checked *checks) {
		s.isCarriedBy(t, s.pulledBy(t, s.relayOfOne("/copy.mp3"), checked), "/copy.mp3", checked)
	})
	icecast("as a slave, of every mount").test(t, func(t *testing.T, checked *checks) {
		s.isCarriedBy(t, s.pulledBy(t, s.slave(), checked), s.mount, checked)
	})
	ffmpeg := client{role: "peer", program: "FFmpeg", way: "-c copy, from a mount to another", command: "ffmpeg", version: []string{"-version"}}
	ffmpeg.test(t, func(t *testing.T, checked *checks) {
		harness.KeepRunning(t, exec.Command(harness.Program(t, "ffmpeg"), "-v", "warning", "-i", s.URL(s.mount), "-c", "copy", "-content_type", "audio/mpeg",
			"-ice_name", "Copy", "-f", "mp3", fmt.Sprintf("icecast://source:%s@%s/copy.mp3", s.SourcePassword, s.Addr)))
		harness.Eventually(t, "the copy", func() bool { return s.Source(t, "/copy.mp3").BitRate == 128 })
		s.Hears(t, "/copy.mp3", s.hertz)
		checked.ok("tone")
		checked.ok("no decoder complaint")
	})
}

// icecast returns the row of one way in which Icecast pulls.
func icecast(way string) client {
	return client{role: "peer", program: "icecast2", way: way, command: "icecast2", version: []string{"-v"}, unprivileged: true}
}

// relayOfOne returns the part of an Icecast's configuration that pulls the station's mount.
func (s station) relayOfOne(local string) string {
	host, port, _ := net.SplitHostPort(s.Addr)
	return fmt.Sprintf("<relay><server>%s</server><port>%s</port><mount>%s</mount><local-mount>%s</local-mount>"+
		"<relay-shoutcast-metadata>1</relay-shoutcast-metadata><on-demand>0</on-demand></relay>\n", host, port, s.mount, local)
}

// slave returns the part that pulls every mount of the station's server.
func (s station) slave() string {
	host, port, _ := net.SplitHostPort(s.Addr)
	return fmt.Sprintf(`<master-server>%s</master-server><master-server-port>%s</master-server-port>
<master-username>relay</master-username><master-password>relaypass</master-password>
<master-update-interval>2</master-update-interval><relays-on-demand>0</relays-on-demand>`, host, port)
}

// pullingIcecast runs an Icecast that pulls as its configuration says. Nothing may
// connect to it before it pulls: an Icecast may crash if a client connects while it
// starts.
func pullingIcecast(t testing.TB, pulls string) *harness.Relay {
	t.Helper()
	peer := &harness.Relay{Addr: harness.FreePort(t)}
	_, port, _ := net.SplitHostPort(peer.Addr)
	row := icecast("")
	command, home := harness.Program(t, row.command), row.home(t)
	conf := filepath.Join(home, "icecast.xml")
	if err := os.WriteFile(conf, fmt.Appendf(nil, `<icecast>
<hostname>localhost</hostname>
<limits><burst-size>65536</burst-size></limits>
<authentication><source-password>hackme</source-password><admin-user>admin</admin-user><admin-password>adminpass</admin-password></authentication>
<listen-socket><port>%s</port><bind-address>127.0.0.1</bind-address></listen-socket>
%s
<paths><logdir>%s</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><errorlog>-</errorlog><loglevel>3</loglevel></logging>
</icecast>`, port, pulls, home), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command, "-c", conf)
	row.settle(cmd, home)
	harness.KeepRunning(t, cmd)
	return peer
}

// pulledBy runs an Icecast that pulls as its configuration says, until it is listed
// as the station's only listener.
func (s station) pulledBy(t testing.TB, pulls string, checked *checks) *harness.Relay {
	t.Helper()
	listed := func() []harness.Listed { return s.Clients(t, s.mount).Source[0].Listener }
	harness.Eventually(t, "the one before to leave", func() bool { return len(listed()) == 0 })
	peer := pullingIcecast(t, pulls)
	harness.Eventually(t, "the peer", func() bool { return len(listed()) == 1 })
	if l := listed()[0]; l.Relay != 1 || !strings.HasPrefix(l.UserAgent, "Icecast 2.") {
		t.Errorf("listed as %+v", l)
	}
	checked.ok("listed as a relay")
	return peer
}

// isCarriedBy checks that the mount of another server plays the same as the station.
func (s station) isCarriedBy(t *testing.T, peer *harness.Relay, mount string, checked *checks) {
	t.Helper()
	harness.Eventually(t, "the title at the peer", func() bool {
		_, _, status := peer.Get(t, "/status-json.xsl") // not JSON while an Icecast has no mount
		return strings.Contains(status, stationTitle)
	})
	checked.ok("title")
	if copied := peer.Source(t, mount); copied.ServerName != stationName || copied.Genre != stationGenre || copied.BitRate != 128 {
		t.Errorf("the peer lists %+v", copied)
	}
	checked.ok("name")
	checked.ok("genre")
	checked.ok("bit rate")
	sound := make([]byte, 64000)
	if _, err := io.ReadFull(peer.Tune(t, mount), sound); err != nil {
		t.Fatal(err)
	}
	s.isTone(t, harness.Pitch(harness.Decode(t, sound)))
	checked.ok("tone")
	checked.ok("no decoder complaint")
}
