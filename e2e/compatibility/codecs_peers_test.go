package compatibility

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// An Icecast relays AAC and Ogg from relay, and relay from an Icecast.
func TestCompatibilityCodecPeers(t *testing.T) {
	t.Run("pulled", func(t *testing.T) {
		t.Parallel()
		r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "[auth]\nrelay_password = \"relaypass\"", 1))
		all := []codedStation{onAirIn(t, r, harness.AAC, "/tone.aac", 540), onAirIn(t, r, harness.Opus, "/tone.opus", 580)}
		host, port, _ := net.SplitHostPort(r.Addr)
		relays := ""
		for _, s := range all {
			relays += fmt.Sprintf("<relay><server>%s</server><port>%s</port><mount>%s</mount><local-mount>%s</local-mount>"+
				"<relay-shoutcast-metadata>1</relay-shoutcast-metadata><on-demand>0</on-demand></relay>\n", host, port, s.mount, s.Mount("copy"))
		}
		one := pullingIcecast(t, relays)
		for _, s := range all {
			icecast(s.Coding.String()+", as a relay of one mount").test(t, func(t *testing.T, checked *checks) {
				s.isCopied(t, one, s.Mount("copy"), checked)
			})
		}
		slave := pullingIcecast(t, fmt.Sprintf(`<master-server>%s</master-server><master-server-port>%s</master-server-port>
<master-username>relay</master-username><master-password>relaypass</master-password>
<master-update-interval>2</master-update-interval><relays-on-demand>0</relays-on-demand>`, host, port))
		for _, s := range all {
			icecast(s.Coding.String()+", as a slave, of every mount").test(t, func(t *testing.T, checked *checks) {
				s.isCopied(t, slave, s.mount, checked)
			})
		}
	})
	t.Run("pulling", func(t *testing.T) {
		t.Parallel()
		harness.Program(t, "icecast2")
		far := harness.StartIcecast(t, harness.FreePort(t))
		config := harness.Config
		for _, c := range harness.BesideMP3 {
			config += fmt.Sprintf("[[relay]]\nurl = \"http://%s%s\"\nmount = \"%s\"\n", far.Addr, c.Mount("far"), c.Mount("near"))
		}
		var all []codedStation
		for i, c := range harness.BesideMP3 {
			c.Broadcast(t, &far.Relay, c.Mount("far"), 620+60*i, "-metadata", "artist="+artist, "-metadata", "title="+track, "-ice_name", stationName, "-ice_genre", stationGenre)
			all = append(all, codedStation{station{&far.Relay, c.Mount("far"), 620 + 60*i}, c})
		}
		for _, s := range all {
			harness.Eventually(t, "the source of "+s.mount, func() bool {
				_, _, status := far.Get(t, "/status-json.xsl") // not JSON while an Icecast has no mount
				return strings.Contains(status, s.mount+"\"")
			})
			if !s.IsOgg() {
				far.SetTitle(t, s.mount, stationTitle)
			}
		}
		near := harness.Start(t, config)
		for _, s := range all {
			icecast(s.Coding.String()+", pulled by relay").test(t, func(t *testing.T, checked *checks) {
				s.isCopied(t, near, s.Mount("near"), checked)
			})
		}
	})
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

// isCopied checks that a mount of another server plays the same as the station.
func (s codedStation) isCopied(t *testing.T, peer *harness.Relay, mount string, checked *checks) {
	t.Helper()
	if peer.Cmd == nil { // an Icecast
		harness.Eventually(t, "the peer", func() bool {
			listed := s.Clients(t, s.mount).Source[0].Listener
			return len(listed) > 0 && listed[len(listed)-1].Relay == 1
		})
		checked.ok("listed as a relay")
	}
	harness.Eventually(t, "the copy", func() bool {
		_, _, status := peer.Get(t, "/status-json.xsl") // not JSON while an Icecast has no mount
		return strings.Contains(status, mount+"\"") && strings.Contains(status, stationName)
	})
	var copied harness.Source
	harness.Eventually(t, "the name and genre", func() bool {
		copied = peer.Source(t, mount)
		return copied.ServerName == stationName && copied.Genre == stationGenre
	})
	checked.ok("name")
	checked.ok("genre")
	if peer.Cmd != nil || s.Key() != "opus" { // an Icecast does not read the comments of Opus
		harness.Eventually(t, "the title", func() bool { return trackOf(peer.Source(t, mount).Title) == track })
		checked.ok("title")
	}
	decode := s.Decode
	if peer.Cmd == nil && !s.IsOgg() {
		decode = harness.DecodeFrames
	}
	s.EventuallyHears(t, peer, mount, s.hertz, decode)
	checked.ok("tone")
	checked.ok("no decoder complaint")
}
