package conf

import (
	"strings"
	"testing"
)

func TestHLSSettings(t *testing.T) {
	c := parse(t, "[[mount]]\nname = '/live'\nhls = true\nhls_window = '5m'\n[[mount.rendition]]\nname = '/low'\nbitrate = 64\n[[mount.rendition]]\nname = '/lower'\nbitrate = 32\n[[mount]]\nname = '/lower'\nhls = false\n[[mount]]\nname = '/dj*'\nhls = true\n")
	for name, want := range map[string]struct {
		hls    bool
		window string
	}{"/live": {true, "5m"}, "/low": {true, "5m"}, "/lower": {false, "5m"}, "/dj/one": {true, "15m"}, "/other": {false, "15m"}} {
		if m := c.Mount(name); m.HLS != want.hls || m.HLSWindow.String() != want.window {
			t.Errorf("%s: %v, %v", name, m.HLS, m.HLSWindow)
		}
	}
	for _, window := range []string{"59s", "61m", "0s"} {
		if _, err := Parse("relay.toml", []byte("[[mount]]\nname = '/live'\nhls_window = '"+window+"'\n")); err == nil || !strings.Contains(err.Error(), "hls_window") {
			t.Errorf("%s: %v", window, err)
		}
	}
}

// A mount in Ogg has neither segments nor a rewind: the review says what to do.
func TestReviewOfSegments(t *testing.T) {
	const opus, rewind = "[[mount]]\nname = '/live'\nformat = { codec = 'opus' }\n", "rewind = '1h'\nrewind_dir = '/tmp'\n"
	const aac = "[[mount.rendition]]\nname = '/aac'\ncodec = 'aac'\nbitrate = 96\n"
	for text, want := range map[string]int{
		opus:                           0,
		opus + "hls = true\n":          1,
		opus + "hls = true\n" + aac:    0,
		opus + rewind:                  1,
		opus + "hls = true\n" + rewind: 2,
		"[[mount]]\nname = '/live'\nhls = true\n" + rewind: 0,
	} {
		if said := reviewed(t, "relay.toml", text); strings.Count(said, "plays Opus; give it a rendition") != want {
			t.Errorf("%s\n%s", text, said)
		}
	}
}
