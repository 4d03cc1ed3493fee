package hls

import (
	"testing"

	"relay/mounts"
)

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
