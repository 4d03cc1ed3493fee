package icy_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"relay/icy"
)

// FuzzText: any bytes in any charset become one line of UTF-8, and a line that is UTF-8
// already stays as it is.
func FuzzText(f *testing.F) {
	for _, seed := range [][2]string{
		{"Café", ""}, {"Caf\xe9", ""}, {"Caf\xe9", "utf-8"}, {"\xcf\xf0\xe8", "windows-1251"}, {"\x1b$B\x46\x7c\x1b(B", "iso-2022-jp"},
		{"\x93\xfa\x96\x7b", "shift_jis"}, {"a\x00b\r\nc\x7f", "latin1"}, {"\xff\xfea\x00", "utf-16"}, {"x", "replacement"}, {"x", "klingon"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, raw, charset string) {
		for _, text := range []string{icy.Text(raw, charset, ""), icy.Text(raw, "", charset)} {
			if !utf8.ValidString(text) {
				t.Errorf("%q in %q is %q, which is no UTF-8", raw, charset, text)
			}
			if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				t.Errorf("%q in %q is %q, with control characters", raw, charset, text)
			}
			if again := icy.Text(text, "", ""); again != text {
				t.Errorf("%q becomes %q when it is read again", text, again)
			}
		}
	})
}

// FuzzStationFromHeader: the station words of a source can always be put into XML, JSON
// and pages, and its numbers stay within plausible limits.
func FuzzStationFromHeader(f *testing.F) {
	f.Add("Radio", "128", "ice-bitrate=128;ice-channels=2;ice-samplerate=44100", "1")
	f.Add("Caf\xe9", "128,128", "bitrate=64", "yes")
	f.Add("\xff\xfe", "-1", "bitrate=99999999999999999999;bitrate;=;;", "0")
	f.Add("x", "Quality 5", "ice-bitrate=%31%32%38;ice-bitrate=%zz", "true")
	f.Fuzz(func(t *testing.T, text, bitRate, audioInfo, public string) {
		for _, prefix := range []string{"Ice-", "Icy-"} {
			s := icy.StationFromHeader(http.Header{
				prefix + "Name": {text}, prefix + "Description": {text}, prefix + "Genre": {text}, prefix + "Url": {text},
				prefix + "Bitrate": {bitRate}, prefix + "Audio-Info": {audioInfo}, prefix + "Public": {public}, "User-Agent": {text},
			}, "")
			for _, got := range []string{s.Name, s.Description, s.Genre, s.URL, s.Agent, s.AudioInfo} {
				if !utf8.ValidString(got) {
					t.Errorf("%q is no UTF-8", got)
				}
			}
			name, agent := icy.Text(text, "", ""), icy.Text(text, "", "")
			if icy.IsPlaceholder(text) {
				name = ""
			}
			if s.Name != icy.Clip(name, icy.MaxWord) || s.Agent != icy.Clip(agent, icy.MaxAgent) {
				t.Errorf("%q is named %q, by %q", text, s.Name, s.Agent)
			}
			if s.BitRate < 0 || s.BitRate >= 10_000 {
				t.Errorf("%d kbit/s by %q and %q", s.BitRate, bitRate, audioInfo)
			}
			if s.Public && public != "1" && !strings.EqualFold(public, "yes") && !strings.EqualFold(public, "true") {
				t.Errorf("%q makes it public", public)
			}
		}
	})
}
