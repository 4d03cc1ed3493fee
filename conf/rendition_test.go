package conf

import "testing"

func TestRenditions(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/live"
[[mount.rendition]]
name = "/live-64"
bitrate = 64
[[mount.rendition]]
name = "/live-low"
bitrate = 33
command = "my-encoder"
on_demand = true
`)
	want := []Rendition{{Name: "/live-64", BitRate: 64}, {"/live-low", 33, "my-encoder", true}}
	if got := c.Mount("/live").Renditions; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v", got)
	}
}

func TestRenditionErrors(t *testing.T) {
	const mount = "[[mount]]\nname = '/live'\n"
	for text, want := range map[string]string{
		"rendition = [{ bitrate = 64 }]":                                             `relay.toml:3: mount.rendition.name: needs a name, such as name = "/live-64"`,
		"rendition = [{ name = '/live', bitrate = 64 }]":                             `relay.toml:3: mount.rendition.name = "/live": is this mount itself`,
		"rendition = [{ name = '/a' }]":                                              `relay.toml:3: mount.rendition.bitrate: needs a bit rate in kbit/s, such as bitrate = 64`,
		"rendition = [{ name = '/a', bitrate = 65 }]":                                `relay.toml:3: mount.rendition.bitrate = 65: is none that MP3 has: 8 to 320, such as 32, 64, 96, 128, 192`,
		"rendition = [{ name = '/a', bitrate = 64 }, { name = '/a', bitrate = 32 }]": `relay.toml:3: mount.rendition.name = "/a": is a rendition already: each mount has one encoder`,
		"[[mount]]\nname = '/x*'\nrendition = [{ name = '/a', bitrate = 64 }]":       `relay.toml:5: mount.rendition: needs a mount of its own: /x* is a pattern`,
	} {
		if _, err := Parse("relay.toml", []byte(mount+text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
