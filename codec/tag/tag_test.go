package tag

import "testing"

func TestSize(t *testing.T) {
	id3 := "ID3\x04\x00\x00\x00\x00\x01\x05"
	ape := "APETAGEX" + "\xd0\x07\x00\x00" + "\x40\x00\x00\x00" + "\x01\x00\x00\x00" + "\x00\x00\x00"
	for _, tt := range []struct {
		what, b string
		size    int
		more    bool
	}{
		{"ID3v2", id3, 10 + 128 + 5, false},
		{"ID3v2 with a footer", "ID3\x04\x00\x10\x00\x00\x00\x05", 25, false},
		{"a part of its head", id3[:6], 0, true},
		{"a letter of it", "I", 0, true},
		{"a length that is none", "ID3\x04\x00\x00\x80\x00\x00\x05", 0, false},
		{"unknown flags", "ID3\x04\x00\x01\x00\x00\x00\x05", 0, false},
		{"ID3v1", "TAGTitle", 128, false},
		{"APEv2 with a header", ape + "\xa0" + "\x00\x00\x00\x00\x00\x00\x00\x00", 32 + 64, false},
		{"APEv2, its footer", ape + "\x80" + "\x00\x00\x00\x00\x00\x00\x00\x00", 32, false},
		{"a part of APEv2", ape, 0, true},
		{"Lyrics3", "LYRICSBEGIN...", 11, false},
		{"a part of Lyrics3", "LYRICS", 0, true},
		{"a frame", "\xff\xfb\x90\x00", 0, false},
		{"nothing", "", 0, true},
	} {
		if size, more := Size([]byte(tt.b)); size != tt.size || more != tt.more {
			t.Errorf("%s: %d, %v", tt.what, size, more)
		}
	}
}

func TestCandidate(t *testing.T) {
	for _, tt := range []struct {
		b    string
		want int
	}{
		{"\xffab\xffcd", 3}, {"abVcd", 2}, {"xxID3", 2}, {"xxIDxx\xff", 6}, {"xxID", 2}, {"abcd", 4}, {"\xff", 1}, {"", 0},
	} {
		if got := Candidate([]byte(tt.b), 0xff, 'V'); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.b, got, tt.want)
		}
	}
}
