package hls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/asticode/go-astits"

	"relay/codec"
	"relay/codec/tag"
	"relay/internal/id3"
)

// A mark is a title at its place in a segment.
type mark struct {
	after time.Duration // since the beginning of the segment, for titles of a playlist
	at    int           // offset in the audio; that of a playlist's titles follows from after
	text  string        // "Artist - Title"
	from  origin
}

// origin is where a title stands. Some streams have titles in several places, and in some
// of them always the same one: only the best place counts.
type origin int

const (
	inPlaylist  origin = iota // behind EXTINF
	inDateRange               // in the playlist too, but meant for this
	inAudio                   // in ID3 tags
)

// tsPacket is the length of a packet of MPEG-TS, in bytes, and tsSync its first byte.
const (
	tsPacket = 188
	tsSync   = 0x47
)

// maxUnit bounds a table or a PES packet, in packets of MPEG-TS. A PES packet of audio has at
// most 64 KiB (ISO/IEC 13818-1 §2.4.3.6).
const maxUnit = 64<<10/184 + 2

var (
	errFragment    = errors.New("its segments are fragments of MP4, and this server plays packed audio and MPEG-TS")
	errTSWithout   = errors.New("its segments have no audio")
	errEmpty       = errors.New("the segment is empty")
	errScrambled   = errors.New("the audio in its segments is scrambled")
	errNoProgramme = errors.New("the segment has no table of its streams")
)

// extract returns the audio of a segment, and the titles in it. text decodes what has no
// charset.
func extract(b []byte, text func(string) string) (audio []byte, titles []mark, err error) {
	switch {
	case len(b) == 0:
		return nil, nil, errEmpty
	case b[0] == tsSync && (len(b) <= tsPacket || b[tsPacket] == tsSync):
		return demux(b, text)
	case len(b) > 8 && isBox(string(b[4:8])):
		return nil, nil, refused(errFragment)
	}
	audio, titles = unpack(b, text)
	return audio, titles, nil
}

// isBox reports whether a name is one with which a file of MP4 begins.
func isBox(name string) bool {
	switch name {
	case "ftyp", "styp", "moof", "moov", "sidx", "prft", "emsg":
		return true
	}
	return false
}

// unpack returns packed audio (RFC 8216 §3.4) without the ID3 tags before it, one of which
// may have the time and another one a title.
func unpack(b []byte, text func(string) string) (audio []byte, titles []mark) {
	for {
		size, _ := tag.SizeID3v2(b)
		if size == 0 || size > len(b) {
			return b, titles
		}
		if title := titleOf(b[:size], text); title != "" {
			titles = append(titles, mark{text: title, from: inAudio})
		}
		b = b[size:]
	}
}

// titleOf returns the title in an ID3 tag.
func titleOf(b []byte, text func(string) string) string {
	title, artist := id3.Read(bytes.NewReader(b), int64(len(b)), text)
	return codec.Tags{Artist: artist, Title: title}.Text()
}

// demux returns the audio in MPEG-TS, and the titles in its stream of ID3 tags.
func demux(b []byte, text func(string) string) (audio []byte, titles []mark, err error) {
	var d demuxer
	packets := astits.NewDemuxer(context.Background(), bytes.NewReader(b), astits.DemuxerOptPacketSize(tsPacket), astits.DemuxerOptPacketSkipper(d.skips))
	for {
		unit, err := packets.NextData()
		switch {
		case errors.Is(err, astits.ErrNoMorePackets):
			return audio, titles, d.complaint(len(audio))
		case err != nil: // a damaged packet: the next one may be whole
		case unit.PAT != nil:
			for _, p := range unit.PAT.Programs {
				if p.ProgramNumber > 0 && d.tables < maxTables {
					d.tables++
					d.wants[p.ProgramMapID&pidMask] = true
				}
			}
		case unit.PMT != nil:
			d.choose(unit.PMT)
		case unit.PES == nil:
		case unit.PID == d.sound:
			audio = append(audio, unit.PES.Data...)
		case unit.PID == d.tags:
			if title := titleOf(unit.PES.Data, text); title != "" {
				titles = append(titles, mark{at: len(audio), text: title, from: inAudio})
			}
		}
	}
}

const (
	pids    = 1 << 13 // the number of packet identifiers
	pidMask = pids - 1

	// maxTables is how many programmes of a segment are looked at; it should have one
	// (RFC 8216 §3.2).
	maxTables = 8
)

// demuxer chooses the streams of MPEG-TS. The zero value has seen nothing.
type demuxer struct {
	wants   [pids]bool // the packets that are read, apart from the first table
	lengths [pids]int16
	tables  int
	seen    bool   // a table of streams
	sound   uint16 // where the audio is; 0: unknown
	tags    uint16 // where ID3 tags are; 0: unknown
	found   []string
	locked  bool // some audio was scrambled
}

// skips reports whether to leave out a packet: one of a stream of no interest, or of a unit
// that is too long. The library copies the whole unit with each packet of it.
func (d *demuxer) skips(p *astits.Packet) bool {
	pid := p.Header.PID & pidMask
	if pid != astits.PIDPAT && !d.wants[pid] {
		return true
	}
	if p.Header.TransportScramblingControl != 0 {
		d.locked = true
		return true
	}
	if p.Header.PayloadUnitStartIndicator {
		d.lengths[pid] = 0
	}
	if d.lengths[pid] >= maxUnit {
		return true
	}
	d.lengths[pid]++
	return false
}

// choose takes the first audio of a programme that can be played.
func (d *demuxer) choose(table *astits.PMTData) {
	d.seen = true
	if d.sound != 0 {
		return
	}
	d.found = d.found[:0]
	for _, s := range table.ElementaryStreams {
		switch s.StreamType {
		case astits.StreamTypeAACAudio, astits.StreamTypeMPEG1Audio, astits.StreamTypeMPEG2Audio:
			if d.sound == 0 {
				d.sound = s.ElementaryPID
				d.wants[d.sound&pidMask] = true
			}
		case astits.StreamTypeMetadata:
			d.tags = s.ElementaryPID
			d.wants[d.tags&pidMask] = true
		}
		if len(d.found) < 4 {
			d.found = append(d.found, s.StreamType.String())
		}
	}
}

// complaint says why there is no audio; nil: there is some.
func (d *demuxer) complaint(length int) error {
	switch {
	case length > 0:
		return nil
	case d.locked:
		return refused(errScrambled)
	case !d.seen:
		return errNoProgramme
	case d.sound == 0 && len(d.found) > 0:
		return refused(fmt.Errorf("its segments have %s, and this server plays MP3 and AAC (ADTS)", strings.Join(d.found, " and ")))
	}
	return refused(errTSWithout)
}
