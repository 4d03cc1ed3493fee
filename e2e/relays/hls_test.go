package relays

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

const (
	// hertz is the tone of a station: its period is 100 samples.
	hertz = 441

	// segmentsPerSong is for how many segments, of 2 s each, a title lasts.
	segmentsPerSong = 3
)

// station serves what ffmpeg writes into a folder: a live tone in segments. Titles are added
// to the playlist or, as ID3 tags, to packed audio.
func station(t *testing.T, muxer ...string) (url string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(harness.Program(t, "ffmpeg"), append([]string{"-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", harness.Sine(hertz, time.Hour), "-ac", "2"}, muxer...)...)
	cmd.Dir = dir
	harness.KeepRunning(t, cmd)
	number := regexp.MustCompile(`\d+\.`)
	title := func(name string) string {
		n, _ := strconv.Atoi(strings.TrimSuffix(number.FindString(name), "."))
		return fmt.Sprintf("Song %d", n/segmentsPerSong)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Base(r.URL.Path)
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		switch filepath.Ext(name) {
		case ".m3u8":
			w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
			b = regexp.MustCompile(`(?m)(#EXTINF:[\d.]+,)\n(.*\.ts)$`).ReplaceAllFunc(b, func(entry []byte) []byte {
				tag, file, _ := bytes.Cut(entry, []byte("\n"))
				return fmt.Appendf(nil, "%sArtist - %s\n%s", tag, title(string(file)), file)
			})
		case ".aac", ".mp3":
			b = append(id3("PRIV", "com.apple.streaming.transportStreamTimestamp\x00\x00\x00\x00\x00\x00\x01\x02\x03"),
				append(id3("TIT2", "\x03"+title(name), "TPE1", "\x03Artist"), b...)...)
		}
		w.Write(b)
	}))
	t.Cleanup(server.Close)
	harness.Eventually(t, "some segments", func() bool {
		list, _ := os.ReadFile(filepath.Join(dir, "live.m3u8"))
		return bytes.Count(list, []byte("#EXTINF")) >= 4
	})
	return server.URL + "/live.m3u8"
}

// id3 returns a tag of version 2.4 with frames, each a name and its content.
func id3(frames ...string) []byte {
	var body []byte
	for i := 0; i < len(frames); i += 2 {
		body = append(body, frames[i]+"\x00\x00\x00"+string(rune(len(frames[i+1])))+"\x00\x00"+frames[i+1]...)
	}
	return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, 0, byte(len(body))}, body...)
}

// Listeners of a relay of HLS hear a tone without a gap, at the pace at which it plays, and
// see each title when its song begins.
func TestRelayOfHLS(t *testing.T) {
	t.Parallel()
	packed := func(format string, codec ...string) []string {
		return append(codec, "-f", "segment", "-segment_time", "2", "-segment_format", format, "-segment_list", "live.m3u8", "-segment_list_type", "m3u8",
			"-segment_list_size", "6", "-segment_list_flags", "+live", "live%d."+map[string]string{"adts": "aac", "mp3": "mp3"}[format])
	}
	for name, tt := range map[string]struct {
		harness.Coding
		muxer []string
	}{
		"AAC in MPEG-TS": {harness.AAC, strings.Fields("-c:a aac -b:a 96k -f hls -hls_time 2 -hls_list_size 6 -hls_flags delete_segments live.m3u8")},
		"packed AAC":     {harness.AAC, packed("adts", "-c:a", "aac", "-b:a", "96k")},
		"packed MP3":     {harness.MP3, packed("mp3", "-c:a", "libmp3lame", "-b:a", "96k", "-write_xing", "0", "-id3v2_version", "0")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := harness.Start(t, pulling(station(t, tt.muxer...), "/copy", ""))
			harness.Eventually(t, "a title", func() bool { return strings.HasPrefix(r.Source(t, "/copy").Title, "Artist - Song ") })
			p := r.Tune(t, "/copy", "Icy-MetaData: 1")
			var longest time.Duration // between two pieces
			var began []time.Duration // of the songs
			last := time.Now()
			audio := tt.Take(t, p, func(_ []byte, length time.Duration) bool {
				if now := time.Now(); length > 0 {
					longest, last = max(longest, now.Sub(last)), now
				}
				if len(p.Titles) > len(began) {
					began = append(began, length)
				}
				return len(began) == 4
			})
			if longest > 1800*time.Millisecond {
				t.Errorf("nothing came for %v", longest)
			}
			for i, title := range p.Titles {
				var first int
				fmt.Sscanf(p.Titles[0], "Artist - Song %d", &first)
				if want := fmt.Sprintf("Artist - Song %d", first+i); title != want {
					t.Errorf("titles %q", p.Titles)
					break
				}
			}
			const song, block = segmentsPerSong * 2 * time.Second, 1500 * time.Millisecond // a block of metadata at 96 kbit/s
			for i := 2; i < len(began); i++ {
				if lasted := began[i] - began[i-1]; lasted < song-block || lasted > song+block {
					t.Errorf("songs begin at %v", began)
				}
			}
			samples := tt.Decode(t, audio)
			if gap, at := brokenTone(samples); gap {
				t.Errorf("the tone breaks after %v of %v", at, time.Duration(len(samples))*time.Second/44100)
			}
			r.Says(t, "relay connected")
			if said := r.Log.String(); strings.Contains(said, "left out") || strings.Contains(said, "lost") || strings.Contains(said, "held back") {
				t.Errorf("the log says\n%s", said)
			}
		})
	}
}

// brokenTone reports whether a tone of hertz has a period that is too short or too long, and
// where. The first half second is not looked at: a decoder may begin with less.
func brokenTone(samples []int16) (broken bool, at time.Duration) {
	const period = 44100 / hertz
	last := 0
	for i := 22050; i < len(samples); i++ {
		rises := samples[i-1] < 0 && samples[i] >= 0
		if off := i - last - period; last > 0 && (rises && off < -period/20 || off > period/20) {
			return true, time.Duration(i) * time.Second / 44100
		}
		if rises {
			last = i
		}
	}
	return last == 0, 0
}
