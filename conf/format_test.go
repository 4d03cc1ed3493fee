package conf

import "testing"

func TestFormat(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/*"
format = { rate = 44100, channels = 2 }
[[mount]]
name = "/talk"
format = { rate = 24000, channels = 1 }
[[mount]]
name = "/free"
format = {}
`)
	for mount, want := range map[string]Format{
		"/live": {Rate: 44100, Channels: 2},
		"/talk": {Rate: 24000, Channels: 1},
		"/free": {},
	} {
		if got := c.Mount(mount).Format; got != want {
			t.Errorf("%s has %+v, want %+v", mount, got, want)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	const rates = "is not a sample rate of MP3 in Hz: use one of 8000 11025 12000 16000 22050 24000 32000 44100 48000 (0: that of the first input)"
	for text, want := range map[string]string{
		"format = { rate = 44000 }":                 "relay.toml:3: mount.format.rate = 44000: " + rates,
		"format = { rate = 96000 }":                 "relay.toml:3: mount.format.rate = 96000: " + rates,
		"format = { codec = 'opus', rate = 44100 }": "relay.toml:3: mount.format.rate = 44100: is not a sample rate of Opus in Hz: use one of 48000 (0: that of the first input)",
		"format = { codec = 'wma' }":                `relay.toml:3: mount.format.codec = "wma": must be "mp3", "aac", "opus", "vorbis" or "flac"`,
		"format = { rate = '44.1 kHz' }":            "relay.toml:3: mount.format.rate = \"44.1 kHz\": wants a whole number, got a string",
		"format = { channels = 6 }":                 "relay.toml:3: mount.format.channels = 6: must be 1 (mono), 2 (stereo) or 0 (that of the first input)",
		"format = { channel = 2 }":                  `relay.toml:3: mount.format.channel: unknown key; did you mean channels?`,
		"format = 44100":                            "relay.toml:3: mount.format = 44100: wants a table, got a whole number",
	} {
		if _, err := Parse("relay.toml", []byte("[[mount]]\nname = '/live'\n"+text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
