package hls

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"time"

	"relay/codec"
	"relay/internal/id3"
	"relay/segments"
)

// segment is a segment of a stream that is served as one file. It never changes.
type segment struct {
	*segments.Segment
	name  string        // of its file, such as "6f1e…-293847000.mp3"
	head  []byte        // the ID3 tag before the audio
	after time.Duration // audio of the tape up to its end
}

func newSegment(s *segments.Segment, after time.Duration) *segment {
	return &segment{s, nameOf(&s.Facts), headOf(&s.Facts), after}
}

// timestampOwner names the PRIV frame with which packed audio says when it is to be
// played (RFC 8216, section 3.4).
const timestampOwner = "com.apple.streaming.transportStreamTimestamp"

// tagSize is the size of the ID3 tag of each segment, in bytes. GStreamer leaves out as many
// bytes of every segment as the tag of the first one had: tags of other sizes cost it a
// frame of audio at each segment.
const tagSize = 512

// headOf returns the ID3 tag with which a segment begins: when it is to be played, and the
// title then.
func headOf(f *segments.Facts) []byte {
	const ticks, bits = 90_000, 33 // of MPEG-2 transport streams
	at := time.Duration(f.EpochBegan.UnixMilli())*time.Millisecond + f.Place
	stamp := (uint64(at/time.Second)*ticks + uint64(at%time.Second)*ticks/uint64(time.Second)) & (1<<bits - 1)
	frames := []id3.Frame{id3.Private(timestampOwner, binary.BigEndian.AppendUint64(nil, stamp))}
	var tags codec.Tags
	if f.Title != nil {
		tags = f.Title.Tags
	}
	if tags.Title != "" {
		frames = append(frames, id3.Text("TIT2", tags.Title))
	}
	if tags.Artist != "" {
		frames = append(frames, id3.Text("TPE1", tags.Artist))
	}
	return id3.AppendSized(nil, tagSize, frames...)
}

// nameOf returns the file name of a segment. It names the place in the stream and not the
// number: caches may keep a name for ever, but a tape that begins anew may number anew.
func nameOf(f *segments.Facts) string {
	return fmt.Sprintf("%016x-%d%s", f.Epoch, f.Place.Milliseconds(), f.Format.Codec.Extension())
}

// size returns the size of the file in bytes.
func (s *segment) size() int { return len(s.head) + s.Size }

// bitRate returns the bit rate of the file in bit/s.
func (s *segment) bitRate() int { return int(math.Ceil(float64(s.size()) * 8 / s.Length.Seconds())) }

// bytes returns the bytes of the file from from up to, but excluding, to. They are shared
// and must not be changed.
func (s *segment) bytes(from, to int) (pieces net.Buffers) {
	if from < len(s.head) && from < to {
		pieces = append(pieces, s.head[from:min(to, len(s.head))])
	}
	return append(pieces, s.Audio(max(0, from-len(s.head)), to-len(s.head))...)
}
