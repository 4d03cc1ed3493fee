package listeners

import (
	"encoding/xml"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"relay/icy"
	"relay/mounts"
)

// FuzzPlaylists: whatever the name of a station, each kind of playlist has the
// address of the stream, as a line or an element of its own, and no other.
func FuzzPlaylists(f *testing.F) {
	f.Add("Radio", "Artist - Title", 128)
	f.Add("x\nFile1=http://evil.example/\r\n", "]]><location>http://evil.example/</location>", 0)
	f.Add("\xff\xfe\x00", "&xxe;<!--", -1)
	f.Fuzz(func(t *testing.T, name, title string, bitRate int) {
		const address = "http://radio.example/live"
		e := entry{mount: "/live", address: address, known: true,
			variants: []variant{{address, bitRate}, {address + "-64", 64}},
			Status: mounts.Status{Programme: mounts.Programme{
				Station: icy.Station{Name: name, Description: title, Genre: name, URL: name},
				Title:   mounts.Title{Text: title},
			}}}
		of := func(ext string) string {
			w := httptest.NewRecorder()
			playlistFormats[ext](w, e)
			return w.Body.String()
		}
		if m3u := of(".m3u"); m3u != address+"\r\n"+address+"-64\r\n" {
			t.Errorf("M3U: %q", m3u)
		}
		pls := strings.Split(of(".pls"), "\n")
		if len(pls) != 10 || pls[0] != "[playlist]" || pls[1] != "NumberOfEntries=2" || pls[2] != "File1="+address ||
			!strings.HasPrefix(pls[3], "Title1=") || pls[5] != "File2="+address+"-64" || pls[8] != "Version=2" {
			t.Errorf("PLS: %q", pls)
		}
		vclt := strings.Split(of(".vclt"), "\n")
		if len(vclt) != 8 || vclt[0] != "STREAMURL="+address || vclt[6] != "==" {
			t.Errorf("VCLT: %q", vclt)
		}
		for _, line := range append(pls, vclt...) {
			if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				t.Errorf("a line with control characters: %q", line)
			}
		}
		var list xspf
		if err := xml.Unmarshal([]byte(of(".xspf")), &list); err != nil {
			t.Fatalf("XSPF: %v", err)
		}
		if len(list.Tracks) != 1 || list.Tracks[0].Location != address {
			t.Errorf("XSPF: %+v", list)
		}
		if want := inXML(title); list.Tracks[0].Title != want {
			t.Errorf("XSPF has the title %q, want %q", list.Tracks[0].Title, want)
		}
	})
}

// inXML returns the part of text that XML can hold, with the line ends that it makes
// of it.
func inXML(text string) string {
	var element struct {
		Text string `xml:",chardata"`
	}
	var clean strings.Builder
	xml.EscapeText(&clean, []byte(text))
	if err := xml.Unmarshal(fmt.Appendf(nil, "<a>%s</a>", clean.String()), &element); err != nil {
		return ""
	}
	return element.Text
}
