package autodj

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/icy"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

// id3v1 returns an ID3v1 tag, which stands at the end of a file.
func id3v1(artist, title string) string {
	pad := func(s string) string { return s + strings.Repeat("\x00", 30-len(s)) }
	return "TAG" + pad(title) + pad(artist) + strings.Repeat("\x00", 65)
}

// id3v2 returns a tag of text frames, ID3v2.3 in UTF-8.
func id3v2(frames ...string) string {
	encoded := slices.Clone(frames)
	for i := 1; i < len(encoded); i += 2 {
		encoded[i] = "\x03" + encoded[i]
	}
	return id3v2Frames(encoded...)
}

// id3v2Frames returns an ID3v2.3 tag of frames with any data.
func id3v2Frames(frames ...string) string {
	var body bytes.Buffer
	for i := 0; i < len(frames); i += 2 {
		body.WriteString(frames[i])
		binary.Write(&body, binary.BigEndian, uint32(len(frames[i+1])))
		body.WriteString("\x00\x00" + frames[i+1])
	}
	n := body.Len()
	return "ID3\x03\x00\x00" + string([]byte{byte(n >> 21), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}) + body.String()
}

func TestTagsAndNames(t *testing.T) {
	audio := strings.Repeat("audio", 100)
	for _, c := range []struct{ what, name, content, want string }{
		{"no tag", "An Artist - A Song.mp3", audio, "An Artist - A Song"},
		{"no tag, a name with dots", "01. Song.v2.mp3", audio, "01. Song.v2"},
		{"a name in Latin-1", "Caf\xe9.mp3", audio, "Café"},
		{"a name of two lines", "a\nb.mp3", audio, "a b"},
		{"ID3v2", "x.mp3", id3v2("TIT2", "Song", "TPE1", "Band") + audio, "Band - Song"},
		{"ID3v2 without an artist", "x.mp3", id3v2("TIT2", "Song") + audio, "Song"},
		{"ID3v2 without a title", "x.mp3", id3v2("TPE1", "Band") + audio, "x"},
		{"ID3v2 with control characters", "x.mp3", id3v2("TIT2", "So\r\nng\x00", "TPE1", " Band ") + audio, "Band - So ng"},
		{"ID3v1", "x.mp3", audio + id3v1("Band", "Song"), "Band - Song"},
		{"ID3v1 in Latin-1", "x.mp3", audio + id3v1("Bj\xf6rk", "J\xf3ga"), "Björk - Jóga"},
		{"ID3v2 without a title before ID3v1", "x.mp3", id3v2("TALB", "Album") + audio + id3v1("Band", "Song"), "Band - Song"},
		{"ID3v2 that ends too soon", "x.mp3", id3v2("TIT2", "Song")[:15], "x"},
		{"a huge ID3v2", "x.mp3", "ID3\x03\x00\x00\x7f\x7f\x7f\x7fTIT2\x0f\xff\xff\xff\x00\x00\x03Song" + audio + id3v1("Band", "Song"), "Band - Song"},
		{"nothing", "x.mp3", "", "x"},
		{"a list", "x.mp3", id3v2("TIT2", "Song", "TPE1", "One\x00Two") + audio, "One, Two - Song"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Skip(err) // a file system that does not accept such names
		}
		if got := FileTrack(path).Title("").Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// Names and tags that are not UTF-8 are in the charset of the mount.
func TestTagsInTheCharsetOfTheMount(t *testing.T) {
	for _, c := range []struct{ what, name, content, want string }{
		{"a name", "\xcf\xe5\xf1\xed\xff.mp3", "audio", "Песня"},
		{"a name in UTF-8", "Песня.mp3", "audio", "Песня"},
		{"ID3v1", "x.mp3", "audio" + id3v1("\xd5\xee\xf0", "\xcf\xe5\xf1\xed\xff"), "Хор - Песня"},
		{"ID3v2", "x.mp3", id3v2("TIT2", "\xcf\xe5\xf1\xed\xff", "TPE1", "Хор"), "Хор - Песня"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Skip(err) // a file system that does not accept such names
		}
		if got := FileTrack(path).Title("windows-1251").Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// The picture in a file's tags is the cover for as long as the file plays.
func TestCoverOfAFile(t *testing.T) {
	png := "\x89PNG\r\n\x1a\npixels"
	audio := feedtest.Frames(1, 400)
	write := func(name, tag string) FileTrack {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, append([]byte(tag), audio...), 0o600); err != nil {
			t.Fatal(err)
		}
		return FileTrack(path)
	}
	apic := func(picture string) string { return "\x00image/png\x00\x03\x00" + picture }
	with := write("with.mp3", id3v2Frames("APIC", apic(png)))
	jingle := JingleTrack(write("jingle.mp3", ""))
	without := write("without.mp3", id3v2Frames("APIC", apic("<svg onload=alert(1)>")))
	synctest.Test(t, func(t *testing.T) {
		r, stop := startPlayer(t, with, jingle, without)
		defer stop()
		cover := func() string {
			if c := r.Find("/live").Cover(); c != nil {
				return c.Type + " " + string(c.Data)
			}
			return ""
		}
		length := 400 * feedtest.Stereo128.Duration()
		time.Sleep(length/2 - pacerLead) // the lead is played at once
		for _, tt := range []struct{ name, want string }{
			{"a file with a picture", "image/png " + png}, {"a jingle, which keeps the title before it", "image/png " + png}, {"a picture that is none", ""},
		} {
			if got := cover(); got != tt.want {
				t.Errorf("%s has %q, want %q", tt.name, got, tt.want)
			}
			time.Sleep(length)
		}
	})
}

// A title beyond the part of a tag that is read is logged, with the name of the file.
func TestTagTooLongIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		sound := string(feedtest.Frames(1, 100))
		picture := strings.Repeat("picture\xff\x00", 2<<20) // 18 MiB, unsynchronised
		body := "APIC" + string(binary.BigEndian.AppendUint32(nil, 16<<20)) + "\x00\x00" + picture + "TIT2\x00\x00\x00\x05\x00\x00\x00Song"
		n := len(body)
		head := string([]byte{'I', 'D', '3', 3, 0, 0x80, byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)})
		long, jingle, short := filepath.Join(dir, "long.mp3"), filepath.Join(dir, "jingle.mp3"), filepath.Join(dir, "short.mp3")
		for path, content := range map[string]string{long: head + body + sound, jingle: head + body + sound, short: id3v2("TIT2", "Song") + sound} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		tracks := []Track{FileTrack(short), FileTrack(long), JingleTrack(jingle)}
		log, lines := observer.New(zap.WarnLevel)
		r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		p := NewPlayer(r, zap.New(log), "/live", icy.Station{}, func() (Track, bool) {
			if len(tracks) == 0 {
				return nil, false
			}
			track := tracks[0]
			tracks = tracks[1:]
			return track, true
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(time.Minute)
		cancel()
		<-done
		var told []string
		for _, line := range lines.FilterMessage("the title in the tags of a track cannot be read").All() {
			told = append(told, line.ContextMap()["track"].(string))
		}
		if !slices.Equal(told, []string{long, jingle}) {
			t.Errorf("told of %q: %v", told, lines.All())
		}
		var titles []string
		for _, played := range r.Find("/live").History() {
			titles = append(titles, played.Text)
		}
		if !slices.Equal(titles, []string{"Song", "long"}) {
			t.Errorf("the titles are %q", titles)
		}
		r.Close()
	})
}
