package recordings

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"relay/frames"
)

// recording is a file that is being written, and its cue sheet.
type recording struct {
	name    *string // of its files, without extension
	began   time.Time
	format  format
	length  time.Duration
	audio   strip
	titles  strip
	sheet   sheet
	splicer frames.Splicer // the first frames lean on some that are in another file
}

// add appends a take. After an error the recording can only be closed.
func (r *recording) add(t take) error {
	var text []byte
	if r.titles.size == 0 {
		text = r.sheet.head(filepath.Base(r.audio.path), r.began)
	}
	if t.lost > 0 {
		r.splicer.Cut()
		text = r.sheet.gap(text, r.length, t.lost)
	}
	text = r.sheet.play(text, t.title, r.length)
	r.splice(t.audio)
	if err := r.audio.append(t.audio); err != nil {
		return err
	}
	r.length += t.length
	return r.titles.append(text)
}

// splice makes whole frames decodable where they follow others than they did
// on the air.
func (r *recording) splice(audio []byte) {
	for len(audio) > 0 {
		h, ok := frames.ParseHeader(audio)
		if !ok {
			return // a stream has nothing but frames
		}
		copy(audio, r.splicer.Pass(frames.Frame{Header: h, Data: audio[:h.Size]}))
		audio = audio[h.Size:]
	}
}

// close ends the recording. One in which there is nothing is removed.
func (r *recording) close() error {
	var err error
	if r.audio.size > 0 {
		err = r.titles.append(r.sheet.end(nil))
	}
	err = errors.Join(err, r.audio.Close(), r.titles.Close())
	if r.audio.size == 0 {
		os.Remove(r.audio.path)
		os.Remove(r.titles.path)
	}
	return err
}
