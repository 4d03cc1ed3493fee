package compatibility

import (
	"fmt"
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
		relays := ""
		for _, s := range all {
			relays += s.relayOfOne(s.Mount("copy"))
		}
		one := pullingIcecast(t, relays)
		for _, s := range all {
			icecast(s.Coding.String()+", as a relay of one mount").test(t, func(t *testing.T, checked *checks) {
				s.isCopied(t, one, s.Mount("copy"), checked)
			})
		}
		slave := pullingIcecast(t, all[0].slave())
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
