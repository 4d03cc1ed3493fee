package recordings

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"relay/codec"
)

// recording is a file that is being written, with its cue sheet.
type recording struct {
	name   *string // of its files, without extension
	began  time.Time
	format codec.Format
	length time.Duration
	audio  appendFile
	titles appendFile
	sheet  cueSheet
	joined codec.Assembler // the first units may depend on units in another file
	buf    []byte
}

// add appends a segment. After an error the recording can only be closed.
func (r *recording) add(t segment) error {
	var text []byte
	if r.titles.size == 0 {
		text = r.sheet.head(filepath.Base(r.audio.path), r.began)
	}
	if t.lost > 0 {
		r.joined.Cut()
		text = r.sheet.gap(text, r.length, t.lost)
	}
	text = r.sheet.play(text, t.title, r.length)
	r.buf = r.buf[:0]
	for _, u := range t.units {
		r.buf = r.joined.Append(r.buf, u, codec.TagsOf(t.title))
	}
	if err := r.audio.append(r.buf); err != nil {
		return err
	}
	r.length += t.length
	return r.titles.append(text)
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
