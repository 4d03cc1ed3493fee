package segments

import (
	"io"
	"net"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/mounts"
)

// Length is how long a segment is, to within a unit, unless the stream or its format ends
// before.
const Length = 6 * time.Second

// StandAlone reports whether segments of a codec can be played without what came before in
// the stream. In Ogg, a decoder needs the headers of the link.
func StandAlone(c codec.Codec) bool { return c == mp3.Codec || c == aac.Codec }

// Facts are what is known of a segment, beside its audio. Times of day are kept to the
// millisecond.
type Facts struct {
	Number     int64         // media sequence number: each segment of a mount has the next one
	Domain     int64         // discontinuity sequence number: one higher where the audio does not continue
	Epoch      uint64        // of the stream, see mounts.Epoch
	EpochBegan time.Time     // when that began
	Place      time.Duration // of its beginning: the audio that the stream had before it
	Began      time.Time     // when it was heard, see mounts.Mount.CameAt
	Length     time.Duration // of the audio
	Format     codec.Format  // of all its units
	Title      *Title        // in force at its beginning; nil: none
	Titles     []Title       // that begin later in it, in order
}

// Ended returns when the segment had been heard.
func (f *Facts) Ended() time.Time { return f.Began.Add(f.Length) }

// Title is a title on the air.
type Title struct {
	Offset int // the audio of its segment before it, in bytes; 0 if it is older
	Began  time.Time
	codec.Tags
	Play int64 // the identity of the play, see mounts.Play; 0: unknown

	place time.Duration // the audio that the stream had before it
}

// Segment is a piece of a stream: whole units of one format. It never changes.
type Segment struct {
	Facts
	Size int // of the audio in bytes

	at mounts.Cursor // of its first unit
}

// Audio returns the audio from from up to, but excluding, to, in bytes. It is shared and
// must not be changed.
func (s *Segment) Audio(from, to int) (pieces net.Buffers) {
	passed := 0
	for at := s.at; passed < min(to, s.Size); {
		piece := at.Next()
		piece = piece[:min(len(piece), s.Size-passed)]
		at.Advance(len(piece))
		if begin, end := max(from-passed, 0), min(to-passed, len(piece)); begin < end {
			pieces = append(pieces, piece[begin:end])
		}
		passed += len(piece)
	}
	return pieces
}

// Entry is a segment that was kept, of which it reads the audio. It needs no closing.
type Entry struct {
	Facts
	Size int // of the audio in bytes

	io.ReaderAt
}

// Open returns a reader of the audio, from its beginning.
func (e Entry) Open() *io.SectionReader { return io.NewSectionReader(e, 0, int64(e.Size)) }
