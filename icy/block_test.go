package icy_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"relay/icy"
)

func TestAppendBlock(t *testing.T) {
	tests := []struct{ name, title, url, want string }{
		{"no title (e2e/recorded/listener-icy.txt)", "", "", "\x01StreamTitle='';\x00"},
		{"padded to 16", "Artist - Title", "", "\x02StreamTitle='Artist - Title';\x00\x00\x00"},
		{"with address", "T", "http://a/b.jpg", "\x03StreamTitle='T';StreamUrl='http://a/b.jpg';" + strings.Repeat("\x00", 5)},
		{"quotes stay", "It's; 'so'", "", "\x02StreamTitle='It's; 'so'';" + strings.Repeat("\x00", 7)},
		{"no end within", "a'; b';", "", "\x02StreamTitle='a' ; b' ;';" + strings.Repeat("\x00", 8)},
		{"no field within", "a';StreamUrl='http://b/", "", "\x03StreamTitle='a' ;StreamUrl= 'http://b/';" + strings.Repeat("\x00", 8)},
		{"a quote that begins and ends", "a=';b='c", "", "\x02StreamTitle='a= ' ;b= 'c';" + strings.Repeat("\x00", 6)},
		{"no begin of one at the end", "StreamUrl=", "", "\x02StreamTitle='StreamUrl= ';" + strings.Repeat("\x00", 6)},
		{"nor within an address", "a", "http://b/';StreamTitle='c", "\x04StreamTitle='a';StreamUrl='http://b/%27;StreamTitle=%27c';" + strings.Repeat("\x00", 6)},
		{"line ends and NUL become blanks", "a\r\nb\x00c", "", "\x02StreamTitle='a  b c';" + strings.Repeat("\x00", 11)},
		{"so do C1, DEL, other line ends and turns of direction", "a\x7f\u009bb\u2028c\u202ed\u2066e", "", "\x02StreamTitle='a  b c d e';" + strings.Repeat("\x00", 7)},
		{"marks of direction and joiners stay", "\u200fא\u200d", "", "\x02StreamTitle='\u200fא\u200d';" + strings.Repeat("\x00", 9)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(icy.AppendBlock(nil, tt.title, tt.url)); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestLongTitleIsCutAtACharacter(t *testing.T) {
	block := icy.AppendBlock(nil, strings.Repeat("é", 5000), "http://radio.example/")
	title, url, ok := icy.ParseBlock(block[1:])
	if !ok || len(block) != 1+255*16 || !utf8.ValidString(title) || len(title) != 4064 || url != "" {
		t.Errorf("block of %d bytes, title of %d, url %q", len(block), len(title), url)
	}
}

func TestParseBlock(t *testing.T) {
	tests := []struct{ text, title, url string }{
		{"StreamTitle='A - B';\x00\x00", "A - B", ""},
		{"StreamTitle='In-line Title';StreamUrl='http://radio.example/art.jpg';\x00", "In-line Title", "http://radio.example/art.jpg"},
		{"StreamTitle='It's; 'so'';", "It's; 'so'", ""},
		{"StreamTitle='no semicolon'", "no semicolon", ""},
		{"StreamTitle='open", "open", ""},
		{"StreamTitle='A - B';adw_ad='true';", "A - B", ""},
		{"StreamTitle='A - B';adw_ad='true';durationMilliseconds='30000';insertionType='preroll';\x00\x00", "A - B", ""},
		{"adw_ad='true';StreamTitle='A - B';\x00", "A - B", ""},
		{"adText='StreamTitle='x';';StreamTitle='A - B';", "A - B", ""},
		{"StreamUrl='http://radio.example/';StreamTitle='A - B';", "A - B", "http://radio.example/"},
		{"StreamTitle='A - B';StreamUrl='http://radio.example/';adw_ad='';", "A - B", "http://radio.example/"},
		{"StreamTitle='A - B'; StreamUrl='http://radio.example/'; ", "A - B", "http://radio.example/"},
		{"StreamTitle='';adw_ad='true';", "", ""},
		{"StreamTitle='It's; 'so'';x-y_1='z';", "It's; 'so'", ""},
		{"StreamTitle='A'; b='c' d';", "A", ""},
		{"StreamTitle='A';b c='d';", "A';b c='d", ""}, // two words are not a field name
		{"StreamTitle='A';='d';", "A';='d", ""},
		{"StreamTitle='A';';", "A';", ""},
		{"StreamTitle='A';StreamTitle='B';StreamUrl='c';StreamUrl='d';", "A", "c"},
		{"streamtitle='A';STREAMURL='b';", "A", "b"},
		{"noise\xffStreamTitle='A';", "A", ""},
		{"éStreamTitle='A';", "A", ""},
		{"StreamTitle='A';adw_ad='true", "A", ""},
		{"StreamTitle='A'\r\n\x00", "A", ""},
	}
	for _, tt := range tests {
		title, url, ok := icy.ParseBlock([]byte(tt.text))
		if !ok || title != tt.title || url != tt.url {
			t.Errorf("ParseBlock(%q) = %q, %q, %v", tt.text, title, url, ok)
		}
	}
	for _, text := range []string{"", "nothing", "adw_ad='true';", "XStreamTitle='A';", "StreamTitle=A;", "='A';"} {
		if title, _, ok := icy.ParseBlock([]byte(text)); ok {
			t.Errorf("%q has the title %q", text, title)
		}
	}
}

func FuzzBlock(f *testing.F) {
	f.Add("Artist - Title", "http://a/")
	f.Add("';StreamUrl='", "';")
	f.Add(strings.Repeat("\xff", 5000), "x")
	f.Fuzz(func(t *testing.T, title, url string) {
		block := icy.AppendBlock(nil, title, url)
		if len(block) != 1+int(block[0])*16 {
			t.Fatalf("length byte %d of a block of %d bytes", block[0], len(block))
		}
		if bytes.ContainsAny(block[1:], "\r\n") {
			t.Fatal("line end in a block")
		}
		got, gotURL, ok := icy.ParseBlock(block[1:])
		bare := icy.AppendBlock(nil, title, strings.TrimRight(url, "=")) // a "=" at the end of url would stand before the quote that ends the field
		if strings.Count(string(bare), "='") > 2 || url == "" && (gotURL != "" || strings.Count(string(bare), "='") > 1) {
			t.Fatalf("%q and %q make other fields: %q", title, url, block)
		}
		clean := !strings.ContainsAny(title+url, "';=") && len(title)+len(url) < 3000 && !strings.ContainsFunc(title, func(r rune) bool {
			return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp)
		})
		if !ok || (clean && got != title) {
			t.Fatalf("%q came back as %q, %v", title, got, ok)
		}
	})
}

func FuzzParseBlock(f *testing.F) {
	f.Add([]byte("StreamTitle='A';StreamUrl='B';\x00"))
	f.Add([]byte("adw_ad='true';StreamTitle='It's';'';adw='"))
	f.Fuzz(func(t *testing.T, text []byte) {
		title, url, ok := icy.ParseBlock(text)
		if !ok && (title != "" || url != "") {
			t.Fatal("a title without ok")
		}
		if len(title)+len(url) > len(text) {
			t.Fatal("more came out than went in")
		}
	})
}
