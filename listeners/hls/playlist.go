package hls

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"relay/codec"
	"relay/codec/aac"
	"relay/segments"
)

// playlist is a media playlist, made once for all clients.
type playlist struct {
	body
	bitRates
	segments []*segment
	codecs   string // in the form of RFC 6381, separated by commas
}

// bitRates are those of segments in bit/s.
type bitRates struct{ peak, average int }

// body is an answer in both of its codings.
type body struct {
	plain, zipped []byte
	tag           string // its ETag without quotes and coding
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
	p := &playlist{segments: slices.Clone(segments)} // those of the tape move
	size, length := 0, time.Duration(0)
	var codecs []string
	for i, s := range p.segments {
		size += s.size()
		length += s.Length
		if s.Length >= target/2 { // the head of a shorter one weighs too much
			p.peak = max(p.peak, s.bitRate())
		}
		if i == 0 || s.Format != p.segments[i-1].Format {
			codecs = append(codecs, codecsOf(s))
		}
	}
	slices.Sort(codecs)
	p.codecs = strings.Join(slices.Compact(codecs), ",")
	p.average = int(math.Ceil(float64(size) * 8 / length.Seconds()))
	p.peak = max(p.peak, p.average)
	p.body = newBody(p.text("", nil), fmt.Sprintf("%s-%d", p.last().name, p.segments[0].Number))
	return p
}

// last returns the newest segment.
func (p *playlist) last() *segment { return p.segments[len(p.segments)-1] }

// text returns the playlist (RFC 8216, section 4.3), or the part of it that follows a
// detour, if there is one. folder is the address of the segments' folder from that of the
// playlist.
func (p *playlist) text(folder string, d *detour) []byte {
	var b bytes.Buffer
	listed := p.segments
	number, domain := listed[0].Number, listed[0].Domain
	if d != nil {
		listed, number, domain = d.of(listed)
	}
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n",
		target/time.Second, number, domain)
	if d != nil && number == d.number {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	var shown *segments.Title
	show := func(t *segments.Title) {
		if t != nil && (shown == nil || !t.Began.Equal(shown.Began) || t.Tags != shown.Tags) {
			shown = t
			dateRange(&b, t)
		}
	}
	domain = listed[0].Domain
	for _, s := range listed {
		if s.Domain != domain {
			domain = s.Domain
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		show(s.Title)
		for i := range s.Titles {
			show(&s.Titles[i])
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:%.6f,\n%s%s\n", timeText(s.Began), s.Length.Seconds(), folder, s.name)
	}
	return b.Bytes()
}

// elsewhere returns the playlist for a client that an operator has moved here from another
// mount.
func (p *playlist) elsewhere(folder string, d *detour) body {
	return newBody(p.text(folder, d), fmt.Sprintf("%s-%d", p.tag, d.number))
}

// detour is how the playlist of a mount continues that of another one, from which an
// operator has moved a session.
type detour struct {
	from           int64 // number of the first segment that the client gets
	number, domain int64 // of that segment to the client
	was            int64 // its discontinuity sequence number on its mount
}

// newDetour returns the detour to a playlist for a client that has been told of segments
// up to a number and a discontinuity sequence number. It begins with the newest segment:
// the client holds audio up to about now.
func newDetour(number, domain int64, to *playlist) *detour {
	s := to.last()
	return &detour{from: s.Number, number: number + 1, domain: domain + 1, was: s.Domain}
}

// of returns the segments that the client gets, at least one, and the media and
// discontinuity sequence numbers of its playlist.
func (d *detour) of(segments []*segment) (rest []*segment, number, domain int64) {
	i := slices.IndexFunc(segments, func(s *segment) bool { return s.Number >= d.from })
	rest = segments[max(i, 0):]
	number, domain = d.numbers(rest[0])
	if number == d.number {
		domain-- // the tag before the segment counts
	}
	return rest, number, domain
}

// numbers returns the numbers of a segment to the client.
func (d *detour) numbers(s *segment) (number, domain int64) {
	if d == nil {
		return s.Number, s.Domain
	}
	return s.Number - d.from + d.number, s.Domain - d.was + d.domain
}

// timeText returns a time in ISO 8601, to the millisecond.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// dateRange writes a title, which lasts until the next one.
func dateRange(b *bytes.Buffer, t *segments.Title) {
	fmt.Fprintf(b, "#EXT-X-DATERANGE:ID=\"%d\",CLASS=\"title\",START-DATE=\"%s\",END-ON-NEXT=YES,X-TITLE=\"%s\",X-ARTIST=\"%s\"\n",
		t.Began.UnixMilli(), timeText(t.Began), quoted(t.Title), quoted(t.Artist))
}

// quoted returns a text as it may stand in a quoted string, which has no way to escape.
func quoted(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '"':
			return '\''
		case unicode.IsControl(c), c == '\u2028', c == '\u2029':
			return ' '
		}
		return c
	}, s)
}

// codecsOf returns the codec of a segment in the form of RFC 6381.
func codecsOf(s *segment) string {
	if s.Format.Codec != aac.Codec {
		return "mp4a.40.34"
	}
	if h, ok := aac.ParseHeader(s.bytes(len(s.head), s.size())[0]); ok && h.SampleRate != s.Format.SampleRate {
		return "mp4a.40.5" // SBR doubles the sample rate
	}
	return "mp4a.40.2"
}

// variant is a media playlist that the multivariant playlist offers.
type variant struct {
	bitRates
	codec   codec.Codec // of its newest segment; nil: not known yet
	codecs  string      // in the form of RFC 6381; empty: not known yet
	address string      // relative
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
