package rewind

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"time"

	"relay/codec"
	"relay/codec/known"
	"relay/segments"
)

// An index consists of lines: a checksum (CRC-32C, 8 hexadecimal digits) of the JSON after
// it, a space, a JSON object, and a line feed. The first line is the head. Then each segment
// has one. The last line is the end: it is written when audio and index are safe on the
// disk.
//
//	5f3c1a09 {"head":{"version":1,"mount":"/live","number":293847,"began_ms":1795779600123}}
//	0badcafe {"segment":{"number":293847,"domain":2,"epoch":"6f1e62b0c7a91d34",…}}
//	e1f00d42 {"end":{"segments":100,"audio":9600000,"length_ns":600000000000,…}}
//
// A line that ends early or has another checksum is ignored, and so are keys that are not
// known. A later version that an older program must not read has another number.
const version = 1

// maxHead is the maximum size of the first line, and of the last one, in bytes.
const maxHead = 8 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// line is a line of an index. One of the pointers is not nil.
type line struct {
	Head    *head    `json:"head,omitempty"`
	Segment *written `json:"segment,omitempty"`
	End     *end     `json:"end,omitempty"`
}

// head is the first line of an index.
type head struct {
	Version int    `json:"version"`
	Mount   string `json:"mount"`
	Number  int64  `json:"number"`   // of the first segment
	Began   int64  `json:"began_ms"` // likewise, Unix time
}

// end is the last line of an index.
type end struct {
	Segments int   `json:"segments"`
	Audio    int64 `json:"audio"`     // bytes
	Length   int64 `json:"length_ns"` // of all segments
	Number   int64 `json:"number"`    // of the last segment
	Ended    int64 `json:"ended_ms"`  // likewise, Unix time
}

// written is the line of a segment.
type written struct {
	Number     int64          `json:"number"`
	Domain     int64          `json:"domain"`
	Epoch      string         `json:"epoch"` // 16 hexadecimal digits
	EpochBegan int64          `json:"epoch_began_ms"`
	Place      int64          `json:"place_ns"`
	Began      int64          `json:"began_ms"`
	Length     int64          `json:"length_ns"`
	Codec      string         `json:"codec"`
	SampleRate int            `json:"sample_rate"`
	Channels   int            `json:"channels"`
	At         int64          `json:"at"` // where its audio begins in the file
	Size       int            `json:"size"`
	Sum        uint32         `json:"crc32c"` // of the audio
	Title      *writtenTitle  `json:"title,omitempty"`
	Titles     []writtenTitle `json:"titles,omitempty"`
}

type writtenTitle struct {
	Offset int    `json:"offset,omitempty"`
	Began  int64  `json:"began_ms"`
	Artist string `json:"artist,omitempty"`
	Title  string `json:"title,omitempty"`
	Play   int64  `json:"play,omitempty"`
}

// bytes returns the line as it is in the file.
func (l line) bytes() ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", checksum(text), text), nil
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// parseLine reads a line without its line feed.
func parseLine(b []byte) (l line, ok bool) {
	if len(b) < 9 || b[8] != ' ' {
		return line{}, false
	}
	var sum [4]byte
	if _, err := hex.Decode(sum[:], b[:8]); err != nil {
		return line{}, false
	}
	text := b[9:]
	if checksum(text) != binary.BigEndian.Uint32(sum[:]) {
		return line{}, false
	}
	return l, json.Unmarshal(text, &l) == nil
}

// stored is a segment of a reel, in few bytes: a week of a mount has 100,000.
type stored struct {
	number        int64
	began         int64 // ms, Unix time
	place, length time.Duration
	at            int64 // of its audio in the file
	size, sum     uint32
	run           *run
	title         *segments.Title
	titles        []segments.Title
}

// run is what many segments in a row have in common.
type run struct {
	domain     int64
	epoch      uint64
	epochBegan int64 // ms, Unix time
	format     codec.Format
}

// ended returns when the segment had been heard.
func (s *stored) ended() time.Time { return time.UnixMilli(s.began).Add(s.length) }

// index is the content of an index file.
type index struct {
	head     *head // nil: the first line is not one
	end      *end  // nil: the reel was not ended, or has more lines after that
	segments []stored
	damaged  int // lines that are complete, but cannot be read
}

// parseIndex reads an index.
func parseIndex(text []byte) (x index) {
	for first := true; ; first = false {
		b, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return x
		}
		text = rest
		l, ok := parseLine(b)
		x.end = l.End
		switch {
		case first:
			if x.head = l.Head; x.head == nil {
				return x
			}
		case !ok || l.Segment != nil && !x.add(l.Segment):
			x.damaged++
		}
	}
}

// add takes in a segment, and reports whether it fits the ones before.
func (x *index) add(w *written) bool {
	epoch, err := strconv.ParseUint(w.Epoch, 16, 64)
	s := stored{
		number: w.Number, began: w.Began, place: time.Duration(w.Place), length: time.Duration(w.Length), at: w.At, size: uint32(w.Size), sum: w.Sum,
	}
	of := run{w.Domain, epoch, w.EpochBegan, codec.Format{Codec: known.ByKey(w.Codec), SampleRate: w.SampleRate, Channels: w.Channels}}
	var last stored
	if n := len(x.segments); n > 0 {
		last = x.segments[n-1]
		if s.number <= last.number {
			return false
		}
	}
	if err != nil || of.format.Codec == nil || w.Size <= 0 || w.Size > maxSegment || s.length <= 0 || s.length > maxLength ||
		s.place < 0 || s.number < 0 || s.at < last.at+int64(last.size) || s.at > math.MaxInt64-maxSegment || len(w.Titles) > maxTitles {
		return false
	}
	x.segments = append(x.segments, s.with(of, w.Title, w.Titles, last))
	return true
}

// with returns s with what many segments have in common, shared with the one before.
func (s stored) with(of run, title *writtenTitle, titles []writtenTitle, last stored) stored {
	if s.run = last.run; s.run == nil || *s.run != of {
		s.run = &of
	}
	for i := range titles {
		s.titles = append(s.titles, titles[i].read())
	}
	if title != nil {
		now := title.read()
		if s.title = last.title; s.title == nil || *s.title != now {
			s.title = &now
		}
	}
	return s
}

func (w *writtenTitle) read() segments.Title {
	return segments.Title{Offset: w.Offset, Began: ofMilli(w.Began), Tags: codec.Tags{Artist: w.Artist, Title: w.Title}, Play: w.Play}
}

func writeTitle(t *segments.Title) writtenTitle {
	return writtenTitle{Offset: t.Offset, Began: t.Began.UnixMilli(), Artist: clip(t.Artist), Title: clip(t.Title), Play: t.Play}
}

// writtenOf returns the line of a segment, but for the place of its audio.
func writtenOf(t *Segment) *written {
	w := &written{
		Number: t.Number, Domain: t.Domain, Epoch: fmt.Sprintf("%016x", t.Epoch), EpochBegan: t.EpochBegan.UnixMilli(), Place: int64(t.Place),
		Began: t.Began.UnixMilli(), Length: int64(t.Length),
		Codec: t.Format.Codec.Key(), SampleRate: t.Format.SampleRate, Channels: t.Format.Channels,
		Size: t.size(),
	}
	for _, piece := range t.Audio {
		w.Sum = crc32.Update(w.Sum, castagnoli, piece)
	}
	if t.Title != nil {
		title := writeTitle(t.Title)
		title.Offset = 0
		w.Title = &title
	}
	for i := range min(len(t.Titles), maxTitles) {
		w.Titles = append(w.Titles, writeTitle(&t.Titles[i]))
	}
	return w
}

// ofMilli returns a time in UTC.
func ofMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
