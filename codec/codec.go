package codec

import (
	"hash/maphash"
	"strings"
	"time"
)

// Codec is a way to code audio, such as MP3. There is one value of each, so that two can
// be compared.
type Codec interface {
	// String returns the name, such as "MP3" or "Opus".
	String() string
	// Key returns the name in configuration and API, such as "mp3" or "opus".
	Key() string
	// MediaType returns the Content-Type that listeners get, such as "audio/mpeg".
	MediaType() string
	// Extension returns that of a file, with the dot, such as ".mp3".
	Extension() string

	NewFramer() Framer
	NewSplicer() Splicer

	// Silence returns a silent unit of a format, near a bit rate (bit/s; 0: any). ok is
	// false if the codec does not have the format.
	Silence(f Format, bitRate int) (u Unit, ok bool)
	// Level estimates how loud a unit is, in dB below full scale, from DigitalSilence to
	// 0, without decoding it. Compare it with other units of its stream only.
	Level(u Unit) int
	// Hash adds to h what stays the same in a unit when another server passes it on.
	Hash(h *maphash.Hash, u Unit)
}

// DigitalSilence is the level of a unit without any sound.
const DigitalSilence = -120

// Unit is a piece of a stream that must not be torn: a frame or, in Ogg, pages that
// begin with a packet and end with one.
type Unit struct {
	Format  Format
	Data    []byte        // valid until its giver is used again
	Length  time.Duration // how long it sounds
	BitRate int           // bit/s that the unit names itself; 0: it names none
	Gap     bool          // the bytes before it were lost or never existed, though it may depend on them
	Tags    *Tags         // of the link that begins with this unit; nil: none begins
}

// Tags are what the headers of a link say about the audio, in UTF-8.
type Tags struct{ Artist, Title string }

// TagsOf returns the tags of "Artist - Title".
func TagsOf(text string) Tags {
	if artist, title, split := strings.Cut(text, " - "); split {
		return Tags{Artist: artist, Title: title}
	}
	return Tags{Title: text}
}

// Text returns "Artist - Title", or what there is of it.
func (t Tags) Text() string {
	if t.Artist == "" || t.Title == "" {
		return t.Artist + t.Title
	}
	return t.Artist + " - " + t.Title
}

// A Framer cuts bytes, as they are written to it, into whole units. It skips what belongs
// to none, and never fails: a damaged unit is never released. It keeps a bounded amount
// of memory, provided that the caller calls Next until it returns false.
type Framer interface {
	// Write adds p to the input. It does not keep p, and its error is always nil.
	Write(p []byte) (int, error)
	// Finish marks the end of the input, so that a complete last unit is released.
	Finish()
	// Next returns the next unit, or false if more bytes are needed. Its Data is valid
	// until the next call of any method.
	Next() (Unit, bool)
	// Stats returns the counts so far.
	Stats() Stats
	// Err returns why no unit will follow, as a sentence for the sender, or nil. What was
	// complete before is still returned by Next.
	Err() error
}

// Stats counts what went through a Framer.
type Stats struct {
	Units   int64
	Tags    int64 // bytes of tags and headers
	Garbage int64 // bytes that belonged to nothing known, skipped
	Resyncs int64 // how often the framer lost its place in the stream
}

// A Splicer makes units decodable after a cut: where the input changes, bytes were lost or
// the next file begins. It also makes a running stream longer, by Silence, and shorter,
// by Skip. It is for one codec, and in the state after a cut at first.
type Splicer interface {
	// Pass returns the bytes to play in place of u, valid until the next call of any
	// method. A unit with a Gap, or of another format, counts as a cut.
	Pass(u Unit) []byte
	// Link returns the link to which the bytes that Pass returned last belong. A stream
	// must have the Head of a link before its first bytes. It is nil if the codec has no
	// links.
	Link() Link
	// Cut announces that the next unit does not continue the last one.
	Cut()
	// Settled reports whether no unit can depend on bytes from before the cut any longer:
	// Pass changes nothing until the next cut or Skip.
	Settled() bool
	// Skip leaves u out of the stream.
	Skip(u Unit)
	// Intact reports whether u, passed next, would sound as its encoder meant it.
	Intact(u Unit) bool
	// Silence returns a silent unit to play next, before whichever unit is passed then; ok
	// is false before the first unit.
	Silence() (u Unit, ok bool)
}

// Link is a part of a stream for which a decoder needs headers. There is one value of
// each, so that two can be compared.
type Link interface {
	// Head returns the headers, with a title.
	Head(t Tags) []byte
	// Splicer returns a splicer whose first unit sounds at a time after the beginning of
	// the link.
	Splicer(at time.Duration) Splicer
}
