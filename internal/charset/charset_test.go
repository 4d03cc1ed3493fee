package charset_test

import (
	"testing"
	"unicode/utf8"

	"relay/internal/charset"
)

func TestFind(t *testing.T) {
	korean, cyrillic, euro := "\xb6\xf3\xb5\xf0\xbf\xc0", "\xd0\xe0\xe4\xe8\xee", "\xa4uro"
	for _, tt := range []struct{ name, raw, want string }{
		{"cp949", korean, "라디오"}, {"CP-949", korean, "라디오"}, {"windows-949", korean, "라디오"}, {"ms949", korean, "라디오"}, {"949", korean, "라디오"},
		{"uhc", korean, "라디오"}, {"EUC_KR", korean, "라디오"}, {"KS_C_5601-1987", korean, "라디오"}, {"x-windows-949", korean, "라디오"},
		{"latin9", euro, "€uro"}, {"Latin-9", euro, "€uro"}, {"ISO8859-15", euro, "€uro"}, {"iso_8859_15", euro, "€uro"}, {"885915", euro, "€uro"},
		{"l9", euro, "€uro"}, {"ISO 8859-15", euro, "€uro"}, {"cp28605", euro, "€uro"},
		{"cp1251", cyrillic, "Радио"}, {"win1251", cyrillic, "Радио"}, {"WINDOWS1251", cyrillic, "Радио"}, {"windows_1251", cyrillic, "Радио"},
		{"x-cp1251", cyrillic, "Радио"}, {"ansi1251", cyrillic, "Радио"}, {`"cp1251"`, cyrillic, "Радио"}, {" cp1251 ", cyrillic, "Радио"},
		{"koi8r", "\xf2\xc1\xc4\xc9\xcf", "Радио"}, {"KOI8_R", "\xf2\xc1\xc4\xc9\xcf", "Радио"}, {"cp866", "\x90\xa0\xa4\xa8\xae", "Радио"}, {"dos866", "\x90\xa0\xa4\xa8\xae", "Радио"},
		{"cp437", "R\x84dio", "Rädio"}, {"IBM850", "R\x84dio", "Rädio"}, {"cp858", "\xd5uro", "€uro"}, {"cp852", "R\x84dio", "Rädio"},
		{"latin2", "\xa3\xf3d\xbc", "Łódź"}, {"cp1250", "\xa3\xf3d\x9f", "Łódź"}, {"latin5", "\xfd", "ı"}, {"macroman", "R\x8adio", "Rädio"},
		{"cp932", "\x83\x89\x83W\x83I", "ラジオ"}, {"sjis", "\x83\x89\x83W\x83I", "ラジオ"}, {"Shift-JIS", "\x83\x89\x83W\x83I", "ラジオ"}, {"ms932", "\x83\x89\x83W\x83I", "ラジオ"},
		{"eucJP", "\xa5\xe9\xa5\xb8\xa5\xaa", "ラジオ"}, {"cp936", "\xb5\xe7\xcc\xa8", "电台"}, {"gb2312", "\xb5\xe7\xcc\xa8", "电台"}, {"cp950", "\xb9q\xa5x", "電台"},
		{"hz-gb-2312", "~{5gL(~}", "电台"}, {"latin1", "R\xe4dio", "Rädio"}, {"ISO_8859-1", "“R\xe4dio"[3:], "Rädio"}, {"8859-1", "R\xe4dio", "Rädio"}, {"ANSI", "\x93R\xe4dio\x94", "“Rädio”"},
		{"utf_8", "Rädio", "Rädio"}, {"UTF 8", "Rädio", "Rädio"}, {"utf8mb4", "Rädio", "Rädio"}, {"cp65001", "Rädio", "Rädio"}, {"UTF-16LE", "R\x00\xe4\x00", "Rä"}, {"utf16be", "\x00R\x00\xe4", "Rä"},
		{"tis-620", "\xc7\xd4\xb7\xc2\xd8", "วิทยุ"}, {"cp874", "\xc7\xd4\xb7\xc2\xd8", "วิทยุ"},
	} {
		e := charset.Find(tt.name)
		if e == nil {
			t.Errorf("%q is not known", tt.name)
			continue
		}
		if got, err := e.NewDecoder().String(tt.raw); err != nil || got != tt.want {
			t.Errorf("%q in %q is %q, %v; want %q", tt.raw, tt.name, got, err, tt.want)
		}
	}
	for _, name := range []string{"", " ", "klingon", "utf-9", "cp", "cp9", "cp99999999999999999999", "latin", "latin11", "8859", "iso-8859-12", "iso-8859-99",
		"replacement", "x-user-defined", "iso-2022-kr", "\x00", "ütf-8x"} {
		if e := charset.Find(name); e != nil {
			t.Errorf("%q is known as %v", name, e)
		}
	}
	if charset.Find("utf8") != charset.UTF8 {
		t.Error("UTF-8 is not UTF8")
	}
}

// FuzzFind: whatever the name, decoded text is UTF-8.
func FuzzFind(f *testing.F) {
	for _, name := range []string{"cp949", "latin9", "utf-16", "iso-8859-8-i", "x-cp1251", "hz-gb-2312"} {
		f.Add(name, "R\xe4dio \x00~{")
	}
	f.Fuzz(func(t *testing.T, name, raw string) {
		if e := charset.Find(name); e != nil {
			if text, err := e.NewDecoder().String(raw); err == nil && !utf8.ValidString(text) {
				t.Errorf("%q in %q is %q", raw, name, text)
			}
		}
	})
}
