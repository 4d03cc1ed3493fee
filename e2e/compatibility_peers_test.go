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
	icecast("pulls a mount, by <relay>").test(t, func(t *testing.T, checked *checks) {
		s := start(t, config).broadcast(t, "/tone.mp3", 740)
		host, port, _ := net.SplitHostPort(s.addr)
		peer := runIcecast(t, fmt.Sprintf(`<relay>
	<server>%s</server><port>%s</port><mount>%s</mount><local-mount>/copy.mp3</local-mount>
	<relay-shoutcast-metadata>1</relay-shoutcast-metadata><on-demand>0</on-demand>
</relay>`, host, port, s.mount))
		s.isCarriedBy(t, peer, "/copy.mp3", checked)
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
	if n := s.source(t, s.mount).Listeners; n != 1 {
		t.Errorf("%d listeners, want the peer alone", n)
	}
	checked.ok("counted as a listener")
}
