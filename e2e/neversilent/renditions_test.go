package neversilent

import (
	"strings"
	"testing"

	"relay/e2e/harness"
)

// The same programme at other bit rates, by ffmpeg: one rendition always runs, the
// other on demand.
func TestRenditions(t *testing.T) {
	t.Parallel()
	harness.Program(t, "ffmpeg")
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/live"
[[mount.rendition]]
name = "/live-64"
bitrate = 64
[[mount.rendition]]
name = "/live-192"
bitrate = 192
on_demand = true
`)
	r.FFmpeg(t, "/live", 440, 128)
	harness.Eventually(t, "the encoded mount", func() bool { s := r.Source(t, "/live-64"); return s.BitRate == 64 && s.ServerName == "encoder 440" })
	r.SetTitle(t, "/live", "Song")
	harness.Eventually(t, "its title", func() bool { return r.Source(t, "/live-64").Title == "Song" })
	harness.Eventually(t, "the mount on demand", func() bool { return r.Source(t, "/live-192").ListenURL != "" })
	r.Says(t, "encoder started")
	if n := r.Said("encoder started"); n != 1 {
		t.Errorf("%d encoders run, want the one that is not on demand", n)
	}
	for _, mount := range []string{"/live-64", "/live-192"} {
		r.Hears(t, mount, 440)
	}
	if _, _, body := r.Get(t, "/live.m3u"); body != r.URL("/live-192")+"\r\n"+r.URL("/live")+"\r\n"+r.URL("/live-64")+"\r\n" {
		t.Errorf("the playlist is %q", body)
	}
	if _, _, body := r.Get(t, "/live.pls"); !strings.Contains(body, "NumberOfEntries=3\nFile1="+r.URL("/live-192")+"\nTitle1=encoder 440 (192 kbit/s)\n") {
		t.Errorf("the playlist is %q", body)
	}
}
