package hls

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"strings"
	"time"

	"relay/codec/aac"
)

// playlist is a media playlist, made once for all clients.
type playlist struct {
	body
	bitRates
	segments []*segment
	codecs   string // in the form of RFC 6381
}

// bitRates are those of segments in bit/s.
type bitRates struct{ peak, average int }

// body is an answer in both of its codings.
type body struct {
	plain, zipped []byte
	tag           string // its ETag, in quotes
}

func newBody(plain []byte, tag string) body {
	var zipped bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&zipped, gzip.BestSpeed) // the level is one that exists
	zip.Write(plain)
	zip.Close()
	return body{plain, zipped.Bytes(), tag}
}

// newPlaylist returns the media playlist of segments, at least one.
func newPlaylist(segments []*segment) *playlist {
	first, last := segments[0], segments[len(segments)-1]
	p := &playlist{segments: segments, codecs: codecsOf(last)}
	size, length := 0, time.Duration(0)
	for _, s := range segments {
		size += s.size()
		length += s.length
		p.peak = max(p.peak, s.bitRate())
	}
	p.average = int(float64(size) * 8 / length.Seconds())
	p.body = newBody(p.text(""), fmt.Sprintf(`"%s-%d"`, last.name, first.number))
	return p
}

// last returns the newest segment.
func (p *playlist) last() *segment { return p.segments[len(p.segments)-1] }

// text returns the playlist (RFC 8216, section 4.3). folder is the address of the segments'
// folder from that of the playlist.
func (p *playlist) text(folder string) []byte {
	var b bytes.Buffer
	first, longest := p.segments[0], target
	for _, s := range p.segments {
		longest = max(longest, s.length)
	}
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n",
		int(math.Round(longest.Seconds())), first.number, first.domain)
	var shown *title
	show := func(t *title) {
		if t != nil && t != shown {
			shown = t
			dateRange(&b, t)
		}
	}
	domain := first.domain
	for _, s := range p.segments {
		if s.domain != domain {
			domain = s.domain
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		show(s.before)
		for _, t := range s.titles {
			show(t)
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:%.6f,\n%s%s\n", timeText(s.began), s.length.Seconds(), folder, s.name)
	}
	return b.Bytes()
}

// elsewhere returns the playlist for a client that asked for that of another mount.
func (p *playlist) elsewhere(folder string) body {
	return newBody(p.text(folder), strings.TrimSuffix(p.tag, `"`)+`-moved"`)
}

// timeText returns a time in ISO 8601, to the millisecond.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// dateRange writes a title, which lasts until the next one.
func dateRange(b *bytes.Buffer, t *title) {
	fmt.Fprintf(b, "#EXT-X-DATERANGE:ID=\"%s\",CLASS=\"title\",START-DATE=\"%s\",END-ON-NEXT=YES,X-TITLE=\"%s\",X-ARTIST=\"%s\"\n",
		t.id, timeText(t.began), quoted(t.Title), quoted(t.Artist))
}

// quoted returns a text as it may stand in a quoted string, which has no way to escape.
func quoted(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '"':
			return '\''
		case c < ' ' || c == 0x7f || c == '\u2028' || c == '\u2029':
			return ' '
		}
		return c
	}, s)
}

// codecsOf returns the codec of a segment in the form of RFC 6381.
func codecsOf(s *segment) string {
	if s.format.Codec != aac.Codec {
		return "mp4a.40.34"
	}
	if h, ok := aac.ParseHeader(s.bytes(len(s.head), s.size())[0]); ok && h.SampleRate != s.format.SampleRate {
		return "mp4a.40.5" // SBR doubles the sample rate
	}
	return "mp4a.40.2"
}

// variant is a media playlist that the multivariant playlist offers.
type variant struct {
	bitRates
	codecs  string // in the form of RFC 6381; empty: not known yet
	address string // relative
}

// multivariant returns the multivariant playlist of variants, the best one first.
func multivariant(variants []variant) []byte {
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n")
	for _, v := range variants {
		fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d", v.peak, v.average)
		if v.codecs != "" {
			fmt.Fprintf(&b, ",CODECS=\"%s\"", v.codecs)
		}
		fmt.Fprintf(&b, "\n%s\n", v.address)
	}
	return b.Bytes()
}
