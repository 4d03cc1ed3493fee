package onair

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/icy"
)

// A source that returns within its grace, or takes over from itself, keeps its title:
// programs send one only when the song changes.
func TestTitleStaysOverABridgedBreak(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = \"/live\"\nmetaint = 1000\ntakeover = \"same-user\"\n")
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	set := func(song string) {
		t.Helper()
		if status, _, body := r.Request(t, "GET", "/admin/metadata?mode=updinfo&mount=/live&song="+song, "source", "hackme"); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	set("The+Song")
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	hear := func(e *harness.Encoder, last uint64) {
		t.Helper()
		e.Frames(t, 100)
		for n := uint64(0); n != last; {
			var err error
			if n, err = p.Number(); err != nil {
				t.Fatalf("frame %d is not heard: %v", last, err)
			}
		}
	}
	hear(e, 190)
	e.Close()
	harness.Eventually(t, "the source to be gone", func() bool { return r.Left("/live") == 1 })
	back := r.Encode(t, "/live")
	back.Sent = 1000
	hear(back, 1090)
	second := r.Encode(t, "/live") // takes over
	second.Sent = 2000
	hear(second, 2090)
	if got := r.Source(t, "/live").Title; got != "The Song" {
		t.Errorf("title %q in the status", got)
	}
	newcomer := r.Tune(t, "/live", "Icy-MetaData: 1")
	if _, err := newcomer.Number(); err != nil {
		t.Fatal(err)
	}
	for n := uint64(0); n != 2090; {
		var err error
		if n, err = newcomer.Number(); err != nil {
			t.Fatal(err)
		}
	}
	for who, titles := range map[string][]string{"the listener": p.Titles, "a newcomer": newcomer.Titles} {
		last := slices.Index(titles, "The Song")
		if last < 0 || slices.ContainsFunc(titles[last:], func(title string) bool { return title != "The Song" }) {
			t.Errorf("%s was shown %q", who, titles)
		}
	}
	set("Another")
	hear(second, 2190)
	if p.Title != "Another" {
		t.Errorf("then %q was shown", p.Title)
	}
}

// Whatever a title contains, its block has one field; so have the blocks of a source
// that sends marks of advertisements.
func TestBlocksHaveNoFieldsOfTitles(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = \"/live\"\nmetaint = 1000\n[[mount]]\nname = \"/inline\"\nmetaint = 1000\n")
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	if status, _, body := r.Request(t, "GET", "/admin/metadata?mode=updinfo&mount=/live&song=A';StreamUrl='http://b/';adw_ad='true", "source", "hackme"); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	e.Frames(t, 100) // all of them have the title, whenever the first were read
	in := r.Encode(t, "/inline", "icy-metaint: 500")
	audio := make([]byte, 0, 100*418)
	for range 100 {
		audio = append(audio, in.Next()...)
	}
	for first := true; len(audio) >= 500; first = false {
		in.Write(audio[:500])
		audio = audio[500:]
		block := icy.EmptyBlock
		if text := "adw_ad='true';StreamTitle='A - B';durationMilliseconds='30000';"; first {
			block = append([]byte{byte((len(text) + 15) / 16)}, text...)
			block = append(block, make([]byte, int(block[0])*16-len(text))...)
		}
		if _, err := in.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	for mount, want := range map[string]string{"/live": "A' ;StreamUrl= 'http://b/' ;adw_ad= 'true", "/inline": "A - B"} {
		block := titleBlock(t, r, mount)
		if got := strings.TrimRight(block, "\x00"); got != "StreamTitle='"+want+"';" {
			t.Errorf("%s: the block is %q", mount, got)
		}
	}
	if got := r.Source(t, "/live").Title; got != "A';StreamUrl='http://b/';adw_ad='true" {
		t.Errorf("title %q in the status", got)
	}
}

// titleBlock returns the first block with a title that a listener is sent.
func titleBlock(t *testing.T, r *harness.Relay, mount string) string {
	t.Helper()
	p := r.Tune(t, mount, "Icy-MetaData: 1")
	for {
		if _, err := io.CopyN(io.Discard, p.In, int64(p.Metaint)); err != nil {
			t.Fatal(err)
		}
		units, err := p.In.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, int(units)*16)
		if _, err := io.ReadFull(p.In, text); err != nil {
			t.Fatal(err)
		}
		if block := string(text); units > 0 && !strings.HasPrefix(block, "StreamTitle='';") {
			return block
		}
	}
}

// Station words are decoded by the same rule as titles, in every dialect.
func TestWordsOfAStationInAnyCharset(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[[mount]]\nname = \"/cyrillic*\"\ncharset = \"cp1251\"\n")
	words := func(prefix, name string) string {
		return prefix + "name: " + name + "\r\n" + prefix + "genre: " + name + "\r\n" + prefix + "description: " + name + "\r\n"
	}
	check := func(mount, want string) {
		t.Helper()
		harness.Eventually(t, fmt.Sprintf("%s to be named %q", mount, want), func() bool {
			s := r.Source(t, mount)
			return s.ServerName == want && s.Genre == want
		})
		if name := r.Tune(t, mount).Header["icy-name"]; name != want {
			t.Errorf("listeners of %s are sent %q", mount, name)
		}
	}
	login := "Authorization: " + harness.Basic("source", "hackme") + "\r\nContent-Type: audio/mpeg\r\n"
	for _, tt := range []struct{ head, mount, want string }{
		{"PUT /latin HTTP/1.1\r\n" + login + words("ice-", "R\xe4dio"), "/latin", "Rädio"},
		{"SOURCE /quotes HTTP/1.0\r\n" + login + words("ice-", "\x93R\xe4dio\x94"), "/quotes", "“Rädio”"},
		{"SOURCE /utf ICE/1.0\r\n" + login + words("icy-", "Rädio"), "/utf", "Rädio"},
		{"PUT /cyrillic HTTP/1.1\r\n" + login + words("ice-", "\xd0\xe0\xe4\xe8\xee"), "/cyrillic", "Радио"},
		{"PUT /cyrillic-utf HTTP/1.1\r\n" + login + words("ice-", "Радио"), "/cyrillic-utf", "Радио"},
	} {
		r.Connect(t, tt.head+"\r\n").Frames(t, 100)
		check(tt.mount, tt.want)
	}
	r.Shoutcast(t, "/v1:hackme\r\n", words("icy-", "R\xe4dio")+"\r\n").Frames(t, 100)
	check("/v1", "Rädio")
	r.Shoutcast(t, "/cyrillic-v1:hackme\r\n", words("icy-", "\xd0\xe0\xe4\xe8\xee")+"\r\n").Frames(t, 100)
	check("/cyrillic-v1", "Радио")
}
