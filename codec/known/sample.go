package known

import (
	"errors"
	"io"
	"strings"

	"relay/codec"
	"relay/codec/ogg"
)

// SampleSize is roughly how much of a stream without units is kept to recognise its
// format, in bytes.
const SampleSize = 16 << 10

// NoAudioError reports that a stream or file holds no unit of any codec.
type NoAudioError struct {
	Format string // the actual format, as Name gives it; empty if unknown
	Empty  bool   // the stream or file is empty
	Reason error  // why its audio cannot be played; nil: it has none
}

func (e *NoAudioError) Error() string {
	switch {
	case e.Empty:
		return "it is empty"
	case e.Reason != nil && e.Format == "":
		return e.Reason.Error()
	case e.Format == "AAC (ADTS)", strings.HasPrefix(e.Format, "Ogg"):
		return "it begins as " + e.Format + ", but no audio follows"
	case e.Format != "":
		return "it is " + e.Format + ", and not MP3, AAC (ADTS) or Ogg with Opus, Vorbis or FLAC"
	}
	return "it holds no MP3, AAC or Ogg audio"
}

func (e *NoAudioError) Unwrap() error { return e.Reason }

// A Sample is the beginning of a stream that holds no unit so far, without its tags. The
// zero value is ready to use.
type Sample struct {
	kept []byte
	read int64
	tags int64 // bytes, as a Framer counts them
}

// Add takes the bytes last written to a Framer; stats are the counts of that Framer now.
func (s *Sample) Add(b []byte, stats codec.Stats) {
	s.read += int64(len(b))
	tag := max(0, min(stats.Tags-s.tags, int64(len(b))))
	s.tags = stats.Tags
	if len(s.kept) < SampleSize {
		s.kept = append(s.kept, b[tag:]...)
	}
}

// Err returns a *NoAudioError for a stream without any unit; reason is that of its Framer.
func (s *Sample) Err(reason error) error {
	return &NoAudioError{Format: Name(s.kept), Empty: s.read == 0, Reason: reason}
}

const (
	maxProbed  = 64 << 20 // how much is searched for a unit, in bytes
	maxGarbage = 1 << 20  // how much of that may be neither unit nor tag
)

// Probe reads until it finds a unit, and returns its format. It returns a *NoAudioError if
// there is none, or the error of reading. If the search reaches its limit, the format is
// unknown.
func Probe(r io.Reader) (codec.Format, error) {
	framer := NewFramer()
	var sample Sample
	b := make([]byte, SampleSize)
	for read := 0; read < maxProbed; {
		n, err := r.Read(b)
		read += n
		framer.Write(b[:n])
		if err != nil {
			framer.Finish()
		}
		if u, ok := framer.Next(); ok {
			return u.Format, nil
		}
		sample.Add(b[:n], framer.Stats())
		if read == n && IsFile(b[:n]) {
			return codec.Format{}, sample.Err(framer.Err())
		}
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return codec.Format{}, err
		case err != nil || framer.Err() != nil || framer.Stats().Garbage > maxGarbage:
			return codec.Format{}, sample.Err(framer.Err())
		}
	}
	return codec.Format{}, nil
}

// maxHeaders is how much of a file is searched for tags in the headers of Ogg, in bytes.
const maxHeaders = 1 << 20

// Tags returns the tags in the headers with which an Ogg file begins; empty if it is no
// such file.
func Tags(r io.Reader) codec.Tags {
	framer := ogg.NewFramer()
	b := make([]byte, SampleSize)
	for read := 0; read < maxHeaders && framer.Err() == nil; {
		n, err := r.Read(b)
		read += n
		framer.Write(b[:n])
		if u, ok := framer.Next(); ok {
			if u.Tags != nil {
				return *u.Tags
			}
			break
		}
		if err != nil || framer.Stats().Tags == 0 {
			break
		}
	}
	return codec.Tags{}
}
