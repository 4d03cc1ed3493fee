package rewind

import (
	"errors"
	"fmt"
	"net"
	"time"
	"unicode/utf8"

	"relay/codec/known"
	"relay/segments"
)

// Segment is a piece of a stream: whole units of one format, about 6 s. The Setup of its
// format is not kept.
type Segment struct {
	segments.Facts
	Audio net.Buffers // it is not copied: the bytes must never change
}

const (
	// maxSegment is the maximum size of the audio of a segment, in bytes.
	maxSegment = 32 << 20

	// maxLength is the maximum length of a segment.
	maxLength = time.Minute

	// maxTitles is the maximum number of titles that begin in a segment. A mount plays
	// fewer.
	maxTitles = 64

	// maxText is the maximum length of an artist or a title in bytes, as ICY has it.
	maxText = 4 << 10
)

// size returns the size of the audio in bytes.
func (t *Segment) size() (n int) {
	for _, piece := range t.Audio {
		n += len(piece)
	}
	return n
}

// problem returns why a segment cannot be kept, or nil.
func (t *Segment) problem() error {
	size, year := t.size(), t.Began.UTC().Year()
	switch {
	case size == 0 || size > maxSegment:
		return fmt.Errorf("a segment of %d bytes", size)
	case t.Length <= 0 || t.Length > maxLength:
		return fmt.Errorf("a segment of %v", t.Length)
	case t.Place < 0 || t.Number < 0:
		return errors.New("a segment without a place")
	case year < 1970 || year > 9999:
		return fmt.Errorf("a segment of the year %d", year)
	case t.Format.Codec == nil || known.ByKey(t.Format.Codec.Key()) != t.Format.Codec:
		return errors.New("a segment without a codec")
	}
	return nil
}

// clip returns a text of at most maxText bytes.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
