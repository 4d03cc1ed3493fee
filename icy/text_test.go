package icy_test

import (
	"net/http"
	"testing"

	"relay/icy"
)

func TestText(t *testing.T) {
	tests := []struct{ raw, charset, want string }{
		{"Café", "", "Café"},
		{"Caf\xe9", "", "Café"},
		{"Caf\xe9", "ISO-8859-1", "Café"},
		{"Caf\xe9", "latin1", "Café"},
		{"Café", "UTF8", "Café"},
		{"Café", "utf-8", "Café"},
		{"Caf\xe9", "UTF-8", "Café"}, // says one, sends the other
		{"\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "Привет"},
		{"plain", " us-ascii ", "plain"},
		{"a\u009b31m\x7f", "", "a 31m "},
		{"a\u202eb\u2029c", "utf-8", "a b c"},
	}
	for _, tt := range tests {
		got, err := icy.Text(tt.raw, tt.charset)
		if err != nil || got != tt.want {
			t.Errorf("Text(%q, %q) = %q, %v; want %q", tt.raw, tt.charset, got, err, tt.want)
		}
	}
	if _, err := icy.Text("x", "klingon"); err == nil {
		t.Error("an unknown charset was taken")
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

func FuzzParseQuery(f *testing.F) {
	f.Add("a=%zz&b=+&&=")
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
	if got := icy.StationFromHeader(h); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	h = http.Header{"Ice-Bitrate": {"192,192"}}
	if got := icy.StationFromHeader(h).BitRate; got != 192 {
		t.Errorf("bit rate %d from 192,192", got)
	}
}

func TestIsMP3(t *testing.T) {
	for contentType, want := range map[string]bool{
		"audio/mpeg": true, "Audio/MPEG": true, "audio/mp3": true, "audio/x-mpeg": true, "audio/mpeg; charset=x": true,
		"audio/ogg": false, "video/quicktime": false, "": false, "application/ogg": false, "audio/aacp": false,
	} {
		if got := icy.IsMP3(contentType); got != want {
			t.Errorf("IsMP3(%q) = %v", contentType, got)
		}
	}
}
