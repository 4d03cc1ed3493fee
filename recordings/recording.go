package recordings

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"relay/codec/mp3"
)

// recording is a file that is being written, with its cue sheet.
type recording struct {
	name    *string // of its files, without extension
	began   time.Time
	format  format
	length  time.Duration
	audio   appendFile
	titles  appendFile
	sheet   cueSheet
	splicer mp3.Splicer // the first frames depend on frames in another file
}

// add appends a segment. After an error the recording can only be closed.
func (r *recording) add(t segment) error {
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

// splice makes frames decodable that follow others than on the air.
func (r *recording) splice(audio []byte) {
	for len(audio) > 0 {
		h, ok := mp3.ParseHeader(audio)
		if !ok {
			return // a stream consists of frames only
		}
		copy(audio, r.splicer.Pass(mp3.Frame{Header: h, Data: audio[:h.Size]}))
		audio = audio[h.Size:]
	}
}

// close ends the recording. An empty recording is removed.
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
