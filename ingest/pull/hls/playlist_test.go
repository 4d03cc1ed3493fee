package hls

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

func mustParse(t *testing.T, lines ...string) *playlist {
	t.Helper()
	l, err := parse("#EXTM3U\n" + strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSegmentsOfPlaylists(t *testing.T) {
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	const s = time.Second
	for name, tt := range map[string]struct {
		lines string
		want  []segment
	}{
		"plain":                         {"#EXTINF:6.5,\na.aac\n#EXTINF:6\nb.aac\n", []segment{{uri: "a.aac", length: 6500 * time.Millisecond}, {uri: "b.aac", length: 6 * s}}},
		"CRLF, blanks":                  {"#EXTINF: 6.0 , \r\n \t\r\n  a.aac \r\n", []segment{{uri: "a.aac", length: 6 * s}}},
		"title":                         {"#EXTINF:6,Artist - Title, with a comma\na\n#EXTINF:6,Radio X\nb\n#EXTINF:6,title=\"A - B\"\nc", []segment{{uri: "a", length: 6 * s, title: "Artist - Title, with a comma"}, {uri: "b", length: 6 * s}, {uri: "c", length: 6 * s}}},
		"no length":                     {"#EXTINF:x,\na\n#EXTINF:-3,\nb\n#EXTINF:NaN,\nc\n#EXTINF:1e300,\nd", []segment{{uri: "a"}, {uri: "b"}, {uri: "c"}, {uri: "d", length: maxLength}}},
		"no EXTINF":                     {"a\n#EXTINF:6,\nb\nc", []segment{{uri: "b", length: 6 * s}}},
		"cut and gap":                   {"#EXTINF:6,\na\n#EXT-X-DISCONTINUITY\n#EXTINF:6,\nb\n#EXT-X-GAP\n#EXTINF:6,\nc\n#EXTINF:6,\nd", []segment{{uri: "a", length: 6 * s}, {uri: "b", length: 6 * s, cut: true}, {uri: "c", length: 6 * s, missing: true}, {uri: "d", length: 6 * s}}},
		"cut is not the number of cuts": {"#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXTINF:6,\na", []segment{{uri: "a", length: 6 * s}}},
		"key": {"#EXTINF:6,\na\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:6,\nb\n#EXTINF:6,\nc\n#EXT-X-KEY:METHOD=NONE\n\n#EXTINF:6,\nd",
			[]segment{{uri: "a", length: 6 * s}, {uri: "b", length: 6 * s, cipher: "AES-128"}, {uri: "c", length: 6 * s, cipher: "AES-128"}, {uri: "d", length: 6 * s}}},
		"map": {"#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6,\na", []segment{{uri: "a", length: 6 * s, mapped: true}}},
		"byte ranges": {"#EXTINF:6,\n#EXT-X-BYTERANGE:100@50\na\n#EXT-X-BYTERANGE:30\n#EXTINF:6,\na\n#EXTINF:6,\n#EXT-X-BYTERANGE:7@0\na\n#EXT-X-BYTERANGE:x\n#EXTINF:6,\nb",
			[]segment{{uri: "a", length: 6 * s, offset: 50, bytes: 100}, {uri: "a", length: 6 * s, offset: 150, bytes: 30}, {uri: "a", length: 6 * s, bytes: 7}, {uri: "b", length: 6 * s}}},
		"clock": {"#EXT-X-PROGRAM-DATE-TIME:2026-11-27T13:00:00.000+0100\n#EXTINF:6,\na\n#EXTINF:6,\nb\n#EXT-X-DISCONTINUITY\n#EXTINF:6,\nc",
			[]segment{{uri: "a", length: 6 * s, at: at}, {uri: "b", length: 6 * s, at: at.Add(6 * s)}, {uri: "c", length: 6 * s, cut: true}}},
		"parts of low latency": {"#EXT-X-PART:DURATION=1,URI=\"p\"\n#EXTINF:6,\na\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"q\"", []segment{{uri: "a", length: 6 * s}}},
	} {
		l := mustParse(t, tt.lines)
		for i := range l.segments {
			l.segments[i].at = l.segments[i].at.UTC()
			if i < len(tt.want) {
				tt.want[i].at = tt.want[i].at.UTC()
			}
		}
		if !reflect.DeepEqual(l.segments, tt.want) {
			t.Errorf("%s: %+v\nwant %+v", name, l.segments, tt.want)
		}
	}
}

func TestWhatIsAPlaylist(t *testing.T) {
	for text, want := range map[string]bool{
		"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.aac":              true,
		"\ufeff#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\na.m3u8":         true,
		"#EXTM3U\n\n#EXTINF:-1,Radio\nhttp://a/live\n#EXT-X-DISCONTINUITY": false,
		"#EXTM3U\n#EXTINF:-1,Radio\n":                                      false,
		"http://a/live":                                                    false,
		"":                                                                 false,
	} {
		if IsPlaylist(text) != want {
			t.Errorf("%q", text)
		}
	}
	for text, want := range map[string]string{
		"<html>": "other than a playlist", "": "other than a playlist",
		"#EXTM3U\n" + strings.Repeat("#EXTINF:1,\na\n", maxSegments+1):                     "segments",
		"#EXTM3U\n" + strings.Repeat("#EXT-X-STREAM-INF:A=1\na\n", maxVariants+1):          "variants",
		"#EXTM3U\n" + strings.Repeat("#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a\"\n", maxVariants+1): "variants",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestWhereToBegin(t *testing.T) {
	segments := func(n int, length float64) string { return strings.Repeat(fmt.Sprintf("#EXTINF:%v,\na\n", length), n) }
	for name, tt := range map[string]struct {
		lines string
		want  int
	}{
		"three target durations":  {"#EXT-X-TARGETDURATION:6\n" + segments(10, 6), 7},
		"short segments":          {"#EXT-X-TARGETDURATION:6\n" + segments(10, 4), 5},
		"a short playlist":        {"#EXT-X-TARGETDURATION:6\n" + segments(2, 6), 0},
		"no target duration":      {segments(10, 2), 7},
		"it asks for more":        {"#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=10.0\n" + segments(10, 2), 5},
		"it asks for less":        {"#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:HOLD-BACK=2\n" + segments(10, 2), 7},
		"segments without length": {"#EXT-X-TARGETDURATION:6\n" + segments(10, 0), 7},
		"none":                    {"#EXT-X-TARGETDURATION:6\n", 0},
	} {
		if got := mustParse(t, tt.lines).begin(); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func TestVariants(t *testing.T) {
	const low, high = "#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.5\"\nlow\n", "#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS=\"mp4a.40.2\"\nhigh\n"
	const video = "#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=640x360,CODECS=\"avc1.42c00d,mp4a.40.2\"%s\n%s\n"
	const mp3 = "#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS=\"mp4a.40.34\"\nmp3\n"
	for name, tt := range map[string]struct {
		lines, codec, want string
	}{
		"highest":               {low + high, "", "high low"},
		"the mount's codec":     {low + mp3 + high, "mp3", "mp3 high low"},
		"another codec":         {mp3 + low + high, "aac", "high low mp3"},
		"unknown":               {"#EXT-X-STREAM-INF:BANDWIDTH=1\na\n" + mp3 + low, "aac", "low a mp3"},
		"audio alone":           {fmt.Sprintf(video, 900000, "", "v9") + fmt.Sprintf(video, 500000, "", "v5") + low, "", "low v5 v9"},
		"a group":               {"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"x\",URI=\"other\"\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"y, z\",DEFAULT=YES,URI=\"main\"\n" + fmt.Sprintf(video, 900000, ",AUDIO=\"g\"", "v"), "", "main"},
		"a group without codec": {"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",URI=\"main\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.1\",AUDIO=\"g\"\nv\n", "", "main"},
		"a group within":        {"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"x\",DEFAULT=YES\n" + fmt.Sprintf(video, 900000, ",AUDIO=\"g\"", "v"), "", "v"},
		"subtitles":             {"#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"g\",URI=\"s\"\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n" + low, "", "low"},
		"twice the same":        {low + low, "", "low"},
		"video only":            {"#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.42c00d\"\na\n", "", `the variants in its playlist have "avc1.42c00d", and this server plays MP3 and AAC`},
		"an address is wanting": {"#EXT-X-STREAM-INF:BANDWIDTH=1\n", "", "none of the variants in its playlist has audio"},
	} {
		list, err := mustParse(t, tt.lines).candidates(tt.codec)
		var got []string
		for _, c := range list {
			got = append(got, c.uri)
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// Titles stand at the place of the programme to which they belong.
func TestTitlesOfPlaylists(t *testing.T) {
	const clock = "#EXT-X-PROGRAM-DATE-TIME:2026-11-27T12:00:00Z\n"
	date := func(id, start, more string) string {
		return fmt.Sprintf("#EXT-X-DATERANGE:ID=%q,START-DATE=%q,%s\n", id, "2026-11-27T12:00:"+start+"Z", more)
	}
	const segments = "#EXTINF:6,\na\n#EXTINF:6,\nb\n#EXTINF:6,\nc\n"
	const song = `X-TITLE="Song",X-ARTIST="Artist"`
	for name, tt := range map[string]struct {
		lines string
		want  [3]string
	}{
		"behind EXTINF":     {"#EXTINF:6,A - B\na\n#EXTINF:6,\nb\n#EXTINF:6,C - D\nc\n", [3]string{"0s A - B", "", "0s C - D"}},
		"within a segment":  {clock + date("1", "07.5", song) + segments, [3]string{"", "1.5s Artist - Song", "0s Artist - Song"}},
		"before the first":  {clock + date("1", "00", `X-TITLE="Only a title"`) + segments, [3]string{"0s Only a title", "0s Only a title", "0s Only a title"}},
		"with an end":       {clock + date("1", "00", song+`,DURATION=4`) + segments, [3]string{"0s Artist - Song", "", ""}},
		"one after another": {clock + date("2", "08", `X-TITLE="Second"`) + date("1", "00", `X-TITLE="First",END-DATE="2026-11-27T12:00:08Z"`) + segments, [3]string{"0s First", "0s First 2s Second", "0s Second"}},
		"without a clock":   {"#EXTINF:6,\na\n" + date("1", "00", song) + "#EXTINF:6,\nb\n#EXTINF:6,\nc\n", [3]string{"", "0s Artist - Song", ""}},
		"without a start":   {clock + "#EXTINF:6,\na\n#EXT-X-DATERANGE:ID=\"1\",X-TITLE=\"T\"\n#EXTINF:6,\nb\n#EXTINF:6,\nc\n", [3]string{"", "0s T", ""}},
		"other date ranges": {clock + date("1", "00", `CLASS="ad",SCTE35-OUT=0xFC`) + segments + date("2", "01", "SCTE35-IN=0xFC"), [3]string{}},
	} {
		l := mustParse(t, tt.lines)
		for i, want := range tt.want {
			var got []string
			for _, m := range l.titles(i) {
				got = append(got, m.after.String()+" "+m.text)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: segment %d has %q, want %q", name, i, got, want)
			}
		}
	}
}

func TestAddressesInPlaylists(t *testing.T) {
	u, _ := url.Parse("https://radio.example/live/list.m3u8?key=1")
	from := source{url: u}
	for uri, want := range map[string]string{
		"a.aac": "https://radio.example/live/a.aac", "../a.aac?x=2": "https://radio.example/a.aac?x=2", "/a": "https://radio.example/a", "//b.example/a": "https://b.example/a",
		"http://c.example:8000/a#f": "http://c.example:8000/a", "http://user:secret@c.example/a": "http://c.example/a",
		"file:///etc/passwd": "", "ftp://a/b": "", "data:audio/aac;base64,AA": "", "http://": "", "": "", "http://a\x7f/": "", strings.Repeat("a", maxAddress+1): "",
	} {
		got, err := from.resolve(uri)
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%.40q: %v, %v", uri, got, err)
		}
	}
}

// FuzzPlaylist: whatever is sent, a playlist is read within its bounds, and all that is asked of
// it has an answer.
func FuzzPlaylist(f *testing.F) {
	f.Add("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXT-X-KEY:METHOD=NONE\n \n#EXTINF:6,A - B\n#EXT-X-BYTERANGE:5@1\na.ts\n#EXT-X-ENDLIST")
	f.Add("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",URI=\"a\"\n#EXT-X-STREAM-INF:AUDIO=\"g\",CODECS=\"mp4a.40.2,avc1\"\nx")
	f.Add("#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-11-27T13:00:00.000+0100\n#EXT-X-DATERANGE:X-TITLE=\"a,b\",START-DATE=\"2026-11-27T13:00:01Z\",DURATION=3\n#EXTINF:6,\na")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parse(text)
		if err != nil {
			return
		}
		if n := l.begin(); n < 0 || n > len(l.segments) || l.reloadEvery() < time.Second || l.end() < l.first {
			t.Fatalf("begins at %d of %d, looked at every %v", n, len(l.segments), l.reloadEvery())
		}
		for i, s := range l.segments {
			if s.length < 0 || s.length > maxLength || s.offset < 0 || s.bytes < 0 || s.offset+s.bytes < 0 {
				t.Fatalf("%+v", s)
			}
			for _, m := range l.titles(i) {
				if m.after < 0 || m.after > max(0, s.length) || m.text == "" {
					t.Fatalf("%+v within %+v", m, s)
				}
			}
		}
		list, err := l.candidates("mp3")
		if err == nil && (len(list) == 0 || len(list) > maxCandidates) {
			t.Fatalf("%d candidates", len(list))
		}
	})
}
