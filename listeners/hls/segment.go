package hls

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"time"

	"relay/codec"
	"relay/internal/id3"
	"relay/mounts"
)

// segment is a piece of a stream that is served as one file. It never changes.
type segment struct {
	number int64  // its media sequence number
	domain int64  // its discontinuity sequence number
	name   string // of its file, such as "6f1e…-293847000.mp3"

	began  time.Time // when it was heard, see mounts.Mount.CameAt
	length time.Duration
	after  time.Duration // audio of the tape up to its end
	format codec.Format
	titles []*title // that begin within it
	before *title   // in force at its beginning; nil: none

	at    mounts.Cursor // of its first unit
	units int           // bytes of its units
	head  []byte        // the ID3 tag before them
}

// title is a title on the air.
type title struct {
	id    string
	began time.Time
	codec.Tags

	played time.Duration // its place in the stream
}

// timestampOwner names the PRIV frame with which packed audio says when it is to be
// played (RFC 8216, section 3.4).
const timestampOwner = "com.apple.streaming.transportStreamTimestamp"

// headOf returns the ID3 tag with which a segment begins: when it is to be played, and the
// title then.
func headOf(e mounts.Epoch, played time.Duration, t *title) []byte {
	const ticks, bits = 90_000, 33 // of MPEG-2 transport streams
	at := time.Duration(e.Began.UnixMilli())*time.Millisecond + played
	stamp := (uint64(at/time.Second)*ticks + uint64(at%time.Second)*ticks/uint64(time.Second)) & (1<<bits - 1)
	frames := []id3.Frame{id3.Private(timestampOwner, binary.BigEndian.AppendUint64(nil, stamp))}
	if t != nil && t.Title != "" {
		frames = append(frames, id3.Text("TIT2", t.Title))
	}
	if t != nil && t.Artist != "" {
		frames = append(frames, id3.Text("TPE1", t.Artist))
	}
	return id3.Append(nil, frames...)
}

// nameOf returns the file name of a segment. It names the place in the stream and not the
// number: caches may keep a name for ever, but a tape that begins anew may number anew.
func nameOf(e mounts.Epoch, played time.Duration, c codec.Codec) string {
	return fmt.Sprintf("%016x-%d%s", e.ID, played.Milliseconds(), c.Extension())
}

// size returns the size of the file in bytes.
func (s *segment) size() int { return len(s.head) + s.units }

// end returns when the segment ends.
func (s *segment) end() time.Time { return s.began.Add(s.length) }

// bitRate returns the bit rate of the file in bit/s.
func (s *segment) bitRate() int { return int(math.Ceil(float64(s.size()) * 8 / s.length.Seconds())) }

// bytes returns the bytes of the file from from up to, but excluding, to. They are shared
// and must not be changed.
func (s *segment) bytes(from, to int) (pieces net.Buffers) {
	passed := 0
	pass := func(piece []byte) {
		begin, end := max(from-passed, 0), min(to-passed, len(piece))
		if begin < end {
			pieces = append(pieces, piece[begin:end])
		}
		passed += len(piece)
	}
	pass(s.head)
	for at := s.at; passed < min(to, s.size()); {
		piece := at.Next()
		piece = piece[:min(len(piece), s.size()-passed)]
		at.Advance(len(piece))
		pass(piece)
	}
	return pieces
}
