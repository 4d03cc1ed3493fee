package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Other servers carry our mounts on, with their names and titles.
func TestCompatibilityPeers(t *testing.T) {
	s := start(t, strings.Replace(config, "[auth]", `[auth]
relay_password = "relaypass"`, 1)).broadcast(t, "/tone.mp3", 740)
	host, port, _ := net.SplitHostPort(s.addr)
	icecast("as a relay of one mount").test(t, func(t *testing.T, checked *checks) {
		peer := runIcecast(t, fmt.Sprintf(`<relay>
	<server>%s</server><port>%s</port><mount>%s</mount><local-mount>/copy.mp3</local-mount>
	<relay-shoutcast-metadata>1</relay-shoutcast-metadata><on-demand>0</on-demand>
</relay>`, host, port, s.mount))
		s.isCarriedBy(t, peer, "/copy.mp3", checked)
	})
	icecast("as a slave, of every mount").test(t, func(t *testing.T, checked *checks) {
		peer := runIcecast(t, fmt.Sprintf(`<master-server>%s</master-server><master-server-port>%s</master-server-port>
<master-username>relay</master-username><master-password>relaypass</master-password>
<master-update-interval>2</master-update-interval><relays-on-demand>0</relays-on-demand>`, host, port))
		s.isCarriedBy(t, peer, s.mount, checked)
	})
	ffmpeg := client{role: "peer", program: "FFmpeg", way: "-c copy, from a mount to another", command: "ffmpeg", version: []string{"-version"}}
	ffmpeg.test(t, func(t *testing.T, checked *checks) {
		background(t, program(t, "ffmpeg"), "-v", "warning", "-i", s.url(s.mount), "-c", "copy", "-content_type", "audio/mpeg",
			"-ice_name", "Copy", "-f", "mp3", fmt.Sprintf("icecast://source:%s@%s/copy.mp3", s.sourcePassword, s.addr))
		eventually(t, "the copy", func() bool { return s.source(t, "/copy.mp3").BitRate == 128 })
		s.hears(t, "/copy.mp3", s.hertz)
		checked.ok("tone")
		checked.ok("no decoder complaint")
	})
}

// icecast is the row of one way in which Icecast pulls.
func icecast(way string) client {
	return client{role: "peer", program: "icecast2", way: way, command: "icecast2", version: []string{"-v"}, unprivileged: true}
}

// runIcecast runs an Icecast with a configuration of what it pulls.
func runIcecast(t testing.TB, pulls string) *relay {
	t.Helper()
	peer := &relay{addr: freePort(t)}
	_, port, _ := net.SplitHostPort(peer.addr)
	row := icecast("")
	home := row.home(t)
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
	cmd := exec.Command(program(t, row.command), "-c", conf)
	row.settle(cmd, home)
	keepRunning(t, cmd)
	eventually(t, "icecast2", func() bool {
		conn, err := net.Dial("tcp", peer.addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return peer
}

// isCarriedBy checks that a mount of another server is a true copy of the
// station.
func (s station) isCarriedBy(t *testing.T, peer *relay, mount string, checked *checks) {
	t.Helper()
	eventually(t, "the title at the peer", func() bool {
		_, _, status := peer.get(t, "/status-json.xsl") // no JSON while an Icecast has no mount
		return strings.Contains(status, stationTitle)
	})
	checked.ok("title")
	if copied := peer.source(t, mount); copied.ServerName != stationName || copied.Genre != stationGenre || copied.BitRate != 128 {
		t.Errorf("the peer lists %+v", copied)
	}
	checked.ok("name")
	checked.ok("genre")
	checked.ok("bit rate")
	sound := make([]byte, 64000)
	if _, err := io.ReadFull(peer.tune(t, mount), sound); err != nil {
		t.Fatal(err)
	}
	s.isTone(t, pitch(decode(t, sound)))
	checked.ok("tone")
	checked.ok("no decoder complaint")
	eventually(t, "the peer to be listed, and it alone", func() bool {
		list := s.clients(t, s.mount).Source[0].Listener
		return len(list) == 1 && list[0].Relay == 1 && strings.HasPrefix(list[0].UserAgent, "Icecast ")
	})
	checked.ok("listed as a relay")
}
