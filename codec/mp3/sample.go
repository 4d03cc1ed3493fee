package mp3

import (
	"errors"
	"io"
)

// SampleSize is roughly how much of a stream without frames is kept to recognise its
// format, in bytes.
const SampleSize = 16 << 10

// NoMP3Error reports that a stream or file holds no MP3 frame.
type NoMP3Error struct {
	Format string // the actual format, as Foreign names it; empty if unknown
	Empty  bool   // the stream or file is empty
}

func (e *NoMP3Error) Error() string {
	switch {
	case e.Empty:
		return "it is empty"
	case e.Format != "":
		return "it is " + e.Format + ", and only MP3 (MPEG Layer III) is played"
	}
	return "it holds no MP3 frame"
}

// A Sample is the beginning of a stream that holds no frame so far, without its tags.
// The zero value is ready to use.
type Sample struct {
	kept []byte
	read int64
	tags int64 // bytes, as Cutter counts them
}

// Add takes the bytes last written to a Cutter; stats are the counts of that Cutter
// now.
func (s *Sample) Add(b []byte, stats CutterStats) {
	s.read += int64(len(b))
	tag := min(stats.Tags-s.tags, int64(len(b)))
	s.tags = stats.Tags
	if len(s.kept) < SampleSize {
		s.kept = append(s.kept, b[tag:]...)
	}
}

// Err returns a *NoMP3Error for a stream without any frame.
func (s *Sample) Err() error {
	return &NoMP3Error{Format: Foreign(s.kept), Empty: s.read == 0}
}

const (
	maxProbed  = 64 << 20 // how much is searched for a frame, in bytes
	maxGarbage = 1 << 20  // how much of that may be neither frame nor tag
)

// Probe reads until it finds an MP3 frame. It returns a *NoMP3Error if there is none,
// or the error of reading. If the search reaches its limit, the file counts as MP3.
func Probe(r io.Reader) error {
	var cutter Cutter
	var sample Sample
	b := make([]byte, SampleSize)
	for read := 0; read < maxProbed; {
		n, err := r.Read(b)
		read += n
		cutter.Write(b[:n])
		if err != nil {
			cutter.Finish()
		}
		if _, ok := cutter.Next(); ok {
			return nil
		}
		sample.Add(b[:n], cutter.Stats())
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case err != nil || cutter.Stats().Garbage > maxGarbage:
			return sample.Err()
		}
	}
	return nil
}
