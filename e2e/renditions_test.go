package e2e

import (
	"strings"
	"testing"
)

// The same programme at other bit rates, by ffmpeg: one that always runs and
// one on demand.
func TestRenditions(t *testing.T) {
	program(t, "ffmpeg")
	r := start(t, config+`
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
	r.encoder(t, "/live", 440, 128)
	eventually(t, "the encoded mount", func() bool { s := r.source(t, "/live-64"); return s.BitRate == 64 && s.ServerName == "encoder 440" })
	r.setTitle(t, "/live", "Song")
	eventually(t, "its title", func() bool { return r.source(t, "/live-64").Title == "Song" })
	eventually(t, "the mount on demand", func() bool { return r.source(t, "/live-192").ListenURL != "" })
	if n := strings.Count(r.log.String(), "encoder started"); n != 1 {
		t.Errorf("%d encoders run, want the one that is not on demand", n)
	}
	for _, mount := range []string{"/live-64", "/live-192"} {
		r.hears(t, mount, 440)
	}
	if _, _, body := r.get(t, "/live.m3u"); body != r.url("/live-192")+"\r\n"+r.url("/live")+"\r\n"+r.url("/live-64")+"\r\n" {
		t.Errorf("the playlist is %q", body)
	}
	if _, _, body := r.get(t, "/live.pls"); !strings.Contains(body, "NumberOfEntries=3\nFile1="+r.url("/live-192")+"\nTitle1=encoder 440 (192 kbit/s)\n") {
		t.Errorf("the playlist is %q", body)
	}
}
