package conf

import (
	"fmt"
	"testing"
)

func TestMissingEncoderIsADoubt(t *testing.T) {
	const text = `
[[mount]]
name = "/live"
format = { rate = 44100 }
[[mount.rendition]]
name = "/live-64"
bitrate = 64
[[mount.rendition]]
name = "/live-32"
bitrate = 32
command = "my-encoder"
[[mount]]
name = "/plain"
format = {}
`
	for problem, want := range map[string][]string{
		"": nil,
		"ffmpeg is not installed": {
			"relay.toml:4: mount.format: ffmpeg is not installed: inputs of another format play only if there is nothing else, and those of another codec not at all; install it, as by apt install ffmpeg",
			"relay.toml:7: mount.rendition.bitrate: ffmpeg is not installed: this rendition plays nothing; install it, as by apt install ffmpeg, or give it a command",
		},
	} {
		probes := noProbes
		probes.Encoder = func() string { return problem }
		problems, doubts := Places("relay.toml", []byte(text), probes)
		var got []string
		for _, d := range doubts {
			got = append(got, d.Error())
		}
		if len(problems) > 0 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("problems %v, doubts %q, want %q", problems, got, want)
		}
	}
}
