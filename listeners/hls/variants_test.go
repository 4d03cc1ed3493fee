package hls

import (
	"testing"

	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/mounts"
)

// Chromium gets no variant in MP3 if there is another one.
func TestPlayableVariants(t *testing.T) {
	m, a, unknown := variant{codec: mp3.Codec, address: "m"}, variant{codec: aac.Codec, address: "a"}, variant{address: "u"}
	for _, tt := range []struct {
		agent string
		given []variant
		want  string
	}{
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", []variant{m, a, m}, "a"},
		{"Mozilla/5.0 Chrome/156.0.0.0", []variant{m, m}, "mm"},
		{"Mozilla/5.0 Chrome/156.0.0.0", []variant{m, unknown}, "u"},
		{"AppleCoreMedia/1.0.0.21G93 (iPhone; U; CPU OS 17_6_1 like Mac OS X)", []variant{m, a, m}, "mam"},
		{"", []variant{m, a}, "ma"},
	} {
		got := ""
		for _, v := range playable(tt.given, tt.agent) {
			got += v.address
		}
		if got != tt.want {
			t.Errorf("%q gets %s, want %s", tt.agent, got, tt.want)
		}
	}
}

// A player that asks for two renditions at the same moment is one listener, and each request
// gets the playlist of its own mount.
func TestRenditionsAtOnce(t *testing.T) {
	onAir(t, withRendition+"[[mount]]\nname = '/other'\nhls = true\n", func(t *testing.T, s *station, d *deck) {
		small, foreign := s.attach("/live-64", mounts.Encoded), s.attach("/other", mounts.LiveSource)
		k := key{token: newToken()}
		for _, m := range []*mounts.Mount{d.Mount, small.Mount, d.Mount, foreign.Mount} { // none has found the others
			by, err := s.enter(k, &session{mount: m})
			if err != nil || by.mount != m {
				t.Errorf("%s: %v, %v", m.Name, by.mount, err)
			}
			if n := s.Registry.Listeners(); n != 1 || s.Sessions() != 1 {
				t.Errorf("%s: %d listeners, %d sessions", m.Name, n, s.Sessions())
			}
		}
	})
}
