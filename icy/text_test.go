package icy_test

import (
	"net/http"
	"testing"

	"relay/icy"
)

func TestText(t *testing.T) {
	tests := []struct{ raw, named, usual, want string }{
		{"Café", "", "", "Café"},
		{"Caf\xe9", "", "", "Café"},
		{"Caf\xe9", "", "UTF-8", "Café"},
		{"\x93quoted\x94 \x96 \x80", "", "", "“quoted” – €"},
		{"Caf\xe9", "ISO-8859-1", "", "Café"},
		{"Caf\xe9", "latin1", "", "Café"},
		{"Café", "UTF8", "", "Café"},
		{"Café", "utf-8", "", "Café"},
		{"Caf\xe9", "UTF-8", "", "Café"}, // names one charset, sends another
		{"\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "", "Привет"},
		{"\xcf\xf0\xe8\xe2\xe5\xf2", "", "windows-1251", "Привет"},
		{"\xcf\xf0\xe8\xe2\xe5\xf2", "UTF-8", "windows-1251", "Привет"}, // not in the charset it names: the mount's charset
		{"Привет", "", "windows-1251", "Привет"},                        // a source in UTF-8 on a mount with another charset
		{"Café", "ISO-8859-1", "", "CafÃ©"},                             // a named charset is believed
		{"\xa4\xa1", "latin9", "", "€¡"},
		{"\xb6\xf3\xb5\xf0\xbf\xc0", "cp949", "", "라디오"},
		{"라디오", "cp949", "", "라디오"}, // invalid in the charset it names
		{"Caf\xe9", "klingon", "", "Café"},
		{"\xcf\xf0", "klingon", "cp1251", "Пр"},
		{"Caf\xe9", "replacement", "", "Café"},
		{"plain", " us-ascii ", "", "plain"},
		{"\x1b$B\x46\x7c\x1b(B", "", "iso-2022-jp", "日"},
		{"a\u009b31m\x7f", "", "", "a 31m "},
		{"a\u202eb\u2029c", "utf-8", "", "a b c"},
		{"\ufeffCafé", "", "", "Café"},
		{"\ufeffCafé", "UTF-8", "cp1251", "Café"},
		{"\xff\xfeC\x00a\x00f\x00\xe9\x00", "", "", "Café"},
		{"\xfe\xff\x00C\x00a\x00f\x00\xe9", "UTF-16", "", "Café"},
		{"C\x00a\x00f\x00\xe9\x00", "UTF-16", "", "Café"},
		{"", "cp949", "", ""},
	}
	for _, tt := range tests {
		if got := icy.Text(tt.raw, tt.named, tt.usual); got != tt.want {
			t.Errorf("Text(%q, %q, %q) = %q; want %q", tt.raw, tt.named, tt.usual, got, tt.want)
		}
	}
	if icy.KnowsCharset("klingon") || icy.KnowsCharset("") || !icy.KnowsCharset("cp949") {
		t.Error("known charsets are not known, or others are")
	}
}

func TestParseQuery(t *testing.T) {
	q := icy.ParseQuery("mode=updinfo&mount=%2flive%2emp3&song=A+B%20%26;100%&song=second&flag&x=%4")
	for name, want := range map[string]string{
		"mode": "updinfo", "mount": "/live.mp3", "song": "A B &;100%", "flag": "", "x": "%4",
	} {
		if q[name] != want || !q.Has(name) {
			t.Errorf("%s = %q, want %q", name, q[name], want)
		}
	}
	if q.Has("absent") {
		t.Error("a parameter that was not given is there")
	}
}

// An unescaped "&" is part of the title, unless a parameter follows.
func TestRawAmpersandsInTitles(t *testing.T) {
	for raw, want := range map[string]string{
		"mode=updinfo&mount=/live&song=Simon & Garfunkel - X":        "Simon & Garfunkel - X",
		"mode=updinfo&song=Simon & Garfunkel - X&mount=/live":        "Simon & Garfunkel - X",
		"song=Rock+&+Roll&mode=updinfo&mount=/live":                  "Rock & Roll",
		"song=Q&A&mode=updinfo&mount=/live":                          "Q&A",
		"song=R&B&charset=utf-8&mode=updinfo&mount=/live":            "R&B",
		"song=A & B & C&mode=updinfo&mount=/live":                    "A & B & C",
		"song=A%20&amp;%20B&mode=updinfo&mount=/live":                "A &amp; B",
		"song=Tom & Jerry = Fun&mode=updinfo&mount=/live":            "Tom & Jerry = Fun",
		"song=AC&DC=Live&mode=updinfo&mount=/live":                   "AC&DC=Live",
		"song=1&1=2&mode=updinfo&mount=/live":                        "1&1=2",
		"song=A&&B&mode=updinfo&mount=/live":                         "A&&B",
		"song=A&mode=updinfo&&mount=/live&":                          "A",
		"song=A&_=12345&mode=updinfo&mount=/live":                    "A", // a number that defeats caches
		"song=A&album=B&mode=updinfo&mount=/live":                    "A", // added by some programs
		"song=A%26B&mode=updinfo&mount=/live":                        "A&B",
		"song=A%26&mode=updinfo&mount=/live":                         "A&",
		"song=&mode=updinfo&mount=/live":                             "",
		"song&mode=updinfo&mount=/live":                              "",
		"song=A&song=B & C&mode=updinfo&mount=/live":                 "A",
		"song=A&Mode=x&mode=updinfo&mount=/live":                     "A",
		"song=Caf\xe9 & Bar&mode=updinfo&mount=/live&charset=latin1": "Caf\xe9 & Bar",
	} {
		q := icy.ParseQuery(raw)
		if q["song"] != want || q["mode"] != "updinfo" || q["mount"] != "/live" {
			t.Errorf("%q: %q", raw, q)
		}
	}
	q := icy.ParseQuery("artist=Simon & Garfunkel&title=A & B&url=http://radio.example/?a=1&b=2&mount=/live")
	if q["artist"] != "Simon & Garfunkel" || q["title"] != "A & B" || q["url"] != "http://radio.example/?a=1&b=2" || q["mount"] != "/live" {
		t.Errorf("%q", q)
	}
	if q := icy.ParseQuery("mount=/live&flag&x=1"); q["mount"] != "/live" || !q.Has("flag") || q["x"] != "1" {
		t.Errorf("%q", q)
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add("a=%zz&b=+&&=")
	f.Add("song=A & B&url=x&&y=&title")
	f.Fuzz(func(t *testing.T, raw string) {
		total := 0
		for name, value := range icy.ParseQuery(raw) {
			total += len(name) + len(value)
		}
		if total > len(raw) {
			t.Fatalf("%d bytes came out of %d", total, len(raw))
		}
	})
}

func TestStationFromHeader(t *testing.T) {
	h := http.Header{}
	for name, value := range map[string]string{
		"ice-name": "Caf\xe9", "icy-genre": "Test", "Ice-Public": "1", "User-Agent": "butt 1.0",
		"ice-audio-info": "ice-bitrate=128;ice-channels=2;ice-samplerate=44100",
	} {
		h.Set(name, value)
	}
	want := icy.Station{Name: "Café", Genre: "Test", Public: true, BitRate: 128, Agent: "butt 1.0",
		AudioInfo: "ice-bitrate=128;ice-channels=2;ice-samplerate=44100"}
	if got := icy.StationFromHeader(h, ""); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	h = http.Header{"Ice-Bitrate": {"192,192"}}
	if got := icy.StationFromHeader(h, "").BitRate; got != 192 {
		t.Errorf("bit rate %d from 192,192", got)
	}
}
