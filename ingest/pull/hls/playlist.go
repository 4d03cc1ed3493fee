package hls

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"relay/codec"
)

const (
	// maxPlaylist bounds a playlist, in bytes: 12 hours in segments of 2 s have 2 MB.
	maxPlaylist = 2 << 20

	// maxSegments bounds how many segments a playlist may name: 12 hours in segments of
	// 2 s.
	maxSegments = 21600

	// maxVariants bounds how many variants and renditions a playlist may name.
	maxVariants = 200

	// maxDateRanges is how many date ranges are kept of a playlist, the last ones.
	maxDateRanges = 100
)

var (
	errNotHLS          = errors.New("it sends something other than a playlist of HLS (#EXTM3U)")
	errPlaylistTooLong = fmt.Errorf("its playlist is longer than %d MiB", maxPlaylist>>20)
	errTooManySegments = fmt.Errorf("its playlist has more than %d segments", maxSegments)
	errTooManyVariants = fmt.Errorf("its playlist has more than %d variants", maxVariants)
)

// playlist is a media playlist or, if it has variants, a multivariant playlist.
type playlist struct {
	target   time.Duration // no segment is longer, EXT-X-TARGETDURATION
	holdBack time.Duration // how far before the end a player should begin; 0: unknown
	first    uint64        // the media sequence number of the first segment
	segments []segment
	dates    []dateRange
	ended    bool // no segment will follow

	variants   []variant
	renditions []rendition
}

// segment is a piece of audio that a media playlist names.
type segment struct {
	uri     string
	length  time.Duration
	title   string    // in EXTINF, as "Artist - Title"; empty: none
	at      time.Time // when it was to be heard; zero: unknown
	cut     bool      // it does not continue the one before it, EXT-X-DISCONTINUITY
	missing bool      // it cannot be had, EXT-X-GAP
	cipher  string    // how it is encrypted; empty: it is not
	mapped  bool      // it needs an initialisation section, EXT-X-MAP
	offset  int64     // of its bytes in the resource; see bytes
	bytes   int64     // how many bytes of the resource it has; 0: all
}

// dateRange is a span of the programme with a title (RFC 8216 §4.3.2.7).
type dateRange struct {
	starts time.Time
	ends   time.Time // zero: it is not said
	next   int       // which segment follows it in the playlist
	title  string    // "Artist - Title"
}

// variant is one of several versions of a programme (RFC 8216 §4.3.4.2).
type variant struct {
	uri       string
	bandwidth int    // bit/s, the peak
	codecs    string // as in RFC 6381; empty: not said
	picture   bool   // it has a resolution
	group     string // of the renditions that have its audio; empty: none
}

// rendition is audio that belongs to variants (RFC 8216 §4.3.4.1).
type rendition struct {
	uri         string // empty: the variants themselves have it
	group       string
	isDefault   bool
	mayBeChosen bool // without being asked for
}

// IsPlaylist reports whether a text, the beginning of an answer, is a playlist of HLS and
// not one that names streams: tags of HLS come before the first address.
func IsPlaylist(text string) bool {
	text = strings.TrimPrefix(text, "\ufeff")
	if !strings.HasPrefix(text, "#EXTM3U") {
		return false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#EXT-X-") {
			return true
		}
		if line != "" && line[0] != '#' {
			break
		}
	}
	return false
}

// parse reads a playlist, as players do: unknown tags and what is wrong within a tag are
// passed over. The error is a sentence about who sent it.
func parse(text string) (*playlist, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if !strings.HasPrefix(text, "#EXTM3U") {
		return nil, errNotHLS
	}
	r := reading{ends: map[string]int64{}}
	for line := range strings.Lines(text) {
		var err error
		switch line = strings.TrimSpace(line); {
		case line == "":
		case line[0] == '#':
			err = r.tag(line)
		default:
			err = r.address(line)
		}
		if err != nil {
			return nil, err
		}
	}
	for i := range r.segments {
		if s := &r.segments[i]; s.length == 0 {
			s.length = r.target
		}
	}
	return &r.playlist, nil
}

// reading is a playlist that is being read.
type reading struct {
	playlist
	next     segment          // what was said of the segment to come
	isNext   bool             // EXTINF has come
	ranged   bool             // next has a byte range whose offset is not said
	variant  *variant         // the variant whose address follows; nil: none
	ends     map[string]int64 // where the last byte range of a resource ended
	cipher   string           // of the segments to come
	mapped   bool             // likewise
	clock    time.Time        // when the segment to come is to be heard; zero: unknown
	sections int              // variants and renditions
}

// tag reads one line that begins with "#".
func (r *reading) tag(line string) error {
	name, value, _ := strings.Cut(line, ":")
	switch name {
	case "#EXTINF":
		length, title, _ := strings.Cut(value, ",")
		r.next.length, r.next.title, r.isNext = seconds(length), plausibleTitle(title), true
	case "#EXT-X-TARGETDURATION":
		r.target = seconds(value)
	case "#EXT-X-MEDIA-SEQUENCE":
		first, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
		if err == nil && first <= math.MaxInt64 {
			r.first = first
		}
	case "#EXT-X-SERVER-CONTROL":
		r.holdBack = seconds(parseAttributes(value)["HOLD-BACK"])
	case "#EXT-X-ENDLIST":
		r.ended = true
	case "#EXT-X-DISCONTINUITY":
		r.next.cut, r.clock = true, time.Time{}
	case "#EXT-X-GAP":
		r.next.missing = true
	case "#EXT-X-BYTERANGE":
		r.byteRange(value)
	case "#EXT-X-PROGRAM-DATE-TIME":
		r.clock = moment(value)
	case "#EXT-X-DATERANGE":
		r.dateRange(parseAttributes(value))
	case "#EXT-X-KEY":
		if r.cipher = parseAttributes(value)["METHOD"]; r.cipher == "NONE" {
			r.cipher = ""
		}
	case "#EXT-X-MAP":
		r.mapped = true
	case "#EXT-X-STREAM-INF":
		a := parseAttributes(value)
		bandwidth, _ := strconv.Atoi(a["BANDWIDTH"])
		r.variant = &variant{bandwidth: max(0, bandwidth), codecs: a["CODECS"], picture: a["RESOLUTION"] != "", group: a["AUDIO"]}
	case "#EXT-X-MEDIA":
		if a := parseAttributes(value); a["TYPE"] == "AUDIO" {
			r.renditions = append(r.renditions, rendition{uri: a["URI"], group: a["GROUP-ID"], isDefault: a["DEFAULT"] == "YES", mayBeChosen: a["AUTOSELECT"] == "YES"})
			return r.count()
		}
	}
	return nil
}

// address reads one line that is the address of a segment or a variant.
func (r *reading) address(uri string) error {
	if r.variant != nil {
		r.variant.uri = uri
		r.variants = append(r.variants, *r.variant)
		r.variant = nil
		return r.count()
	}
	if !r.isNext {
		return nil // an address of nothing
	}
	s := r.next
	s.uri, s.at, s.cipher, s.mapped = uri, r.clock, r.cipher, r.mapped
	if r.ranged {
		s.offset = r.ends[uri]
	}
	if s.bytes > 0 {
		r.ends = map[string]int64{uri: s.offset + s.bytes} // ranges without an offset follow their predecessor
	}
	if !r.clock.IsZero() {
		r.clock = r.clock.Add(s.length)
	}
	r.segments = append(r.segments, s)
	r.next, r.isNext, r.ranged = segment{}, false, false
	if len(r.segments) > maxSegments {
		return errTooManySegments
	}
	return nil
}

func (r *reading) count() error {
	if r.sections++; r.sections > maxVariants {
		return errTooManyVariants
	}
	return nil
}

// byteRange reads "length@offset", or "length" after the byte range before it.
func (r *reading) byteRange(value string) {
	length, offset, given := strings.Cut(value, "@")
	n, err := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/4 {
		return
	}
	r.next.bytes, r.ranged = n, true
	if at, err := strconv.ParseInt(strings.TrimSpace(offset), 10, 64); given && err == nil && at >= 0 && at <= math.MaxInt64/4 {
		r.next.offset, r.ranged = at, false
	}
}

// dateRange keeps a date range if it has a title.
func (r *reading) dateRange(a attributes) {
	d := dateRange{
		starts: moment(a["START-DATE"]), ends: moment(a["END-DATE"]), next: len(r.segments),
		title: codec.Tags{Artist: a["X-ARTIST"], Title: a["X-TITLE"]}.Text(),
	}
	if d.title == "" {
		return
	}
	if length := seconds(a["DURATION"]); d.ends.IsZero() && length > 0 && !d.starts.IsZero() {
		d.ends = d.starts.Add(length)
	}
	if r.dates = append(r.dates, d); len(r.dates) > maxDateRanges {
		r.dates = r.dates[1:]
	}
}

// plausibleTitle returns the text behind the comma of EXTINF if it can be a title:
// programs also write there the name of the station, of the file, or attributes.
func plausibleTitle(text string) string {
	if !strings.Contains(text, " - ") || strings.Contains(text, `="`) {
		return ""
	}
	return strings.TrimSpace(text)
}

// titles returns the titles that a segment has or that begin within it, in order.
func (l *playlist) titles(i int) (list []mark) {
	s := l.segments[i]
	if s.title != "" {
		list = append(list, mark{text: s.title, from: inPlaylist})
	}
	var at *dateRange // the one that is heard as the segment begins
	var within []mark
	for k := range l.dates {
		d := &l.dates[k]
		switch {
		case s.at.IsZero() || d.starts.IsZero():
			if d.next == i {
				at = d
			}
		case !d.starts.After(s.at):
			if (d.ends.IsZero() || d.ends.After(s.at)) && (at == nil || !d.starts.Before(at.starts)) {
				at = d
			}
		case d.starts.Before(s.at.Add(s.length)):
			within = append(within, mark{after: d.starts.Sub(s.at), text: d.title, from: inDateRange})
		}
	}
	if at != nil {
		list = append(list, mark{text: at.title, from: inDateRange})
	}
	return append(list, within...)
}

// end returns the media sequence number behind the last segment.
func (l *playlist) end() uint64 { return l.first + uint64(len(l.segments)) }

// lasts returns how long the segments from one on are in all.
func (l *playlist) lasts(i int) (length time.Duration) {
	for _, s := range l.segments[i:] {
		length += s.length
	}
	return length
}

// reloadEvery returns the time between two requests for a playlist that changes (RFC 8216
// §6.3.4).
func (l *playlist) reloadEvery() time.Duration {
	every := l.target
	for _, s := range l.segments {
		if l.target == 0 {
			every = max(every, s.length)
		}
	}
	return min(max(every, time.Second), time.Minute)
}

// begin returns at which segment to begin: the last one that is at least three target
// durations before the end, or as far as the playlist asks (RFC 8216 §6.3.3).
func (l *playlist) begin() int {
	back := max(3*l.reloadEvery(), l.holdBack)
	i := len(l.segments)
	for i > 0 && back > 0 {
		i--
		back -= l.segments[i].length
	}
	return i
}
