package encode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/known"
)

// maxTrackHead is how much of a track is searched for its first unit, in bytes: a tag
// with a picture may come before it.
const maxTrackHead = 16 << 20

// Track opens a track and returns its audio in a format, encoded as it is read, at a bit
// rate (kbit/s; 0: near that of the track). The audio stays as it is if it has the format,
// or cannot be converted. The caller closes it; ctx ends the encoder.
func (c *Converter) Track(ctx context.Context, open func() (io.ReadCloser, error), to codec.Format, kbits int) (io.ReadCloser, error) {
	audio, err := open()
	if err != nil {
		return nil, err
	}
	return &trackReader{converter: c, ctx: ctx, open: open, to: to, kbits: kbits, audio: audio}, nil
}

// Convert returns the audio of a file in another format, encoded as it is read. Reading
// fails if it cannot be converted. The caller closes it; ctx ends the encoder.
func (c *Converter) Convert(ctx context.Context, audio io.ReadCloser, to codec.Format) io.ReadCloser {
	return &trackReader{converter: c, ctx: ctx, to: to, audio: audio}
}

var errNoAudio = errors.New("the encoder gave no audio")

// A trackReader reads a track in another format. One goroutine reads and closes it.
type trackReader struct {
	converter *Converter
	ctx       context.Context
	open      func() (io.ReadCloser, error) // opens it again, to play in its own format; nil: it must not
	to        codec.Format
	kbits     int // 0: near that of the track
	audio     io.ReadCloser

	out     io.Reader     // nil: the format of the track is not known yet
	encoder *trackEncoder // nil: there is none
	isFile  bool          // the encoder reads the track by itself
	read    int64         // bytes that have come out
}

func (t *trackReader) Read(b []byte) (n int, err error) {
	if t.out == nil {
		if err := t.begin(); err != nil {
			return 0, err
		}
	}
	n, err = t.out.Read(b)
	t.read += int64(n)
	if err == nil || t.encoder == nil {
		return n, err
	}
	problem := t.encoder.end()
	t.encoder = nil
	if problem == nil && t.read == 0 {
		problem = errNoAudio
	}
	switch {
	case problem != nil && t.open == nil:
		return n, problem
	case problem == nil || t.ctx.Err() != nil:
		return n, err
	case t.read > 0:
		return n, problem
	case t.isFile:
		return n, fmt.Errorf("ffmpeg cannot play it: %w", problem)
	}
	t.converter.failed.Add(1)
	t.converter.log.Warn("a track cannot be converted: it plays as it is, if its codec is that of the mount", zap.Error(problem))
	t.out, t.audio, err = nil, nil, nil
	if t.audio, err = t.open(); err != nil {
		return n, err
	}
	t.out = t.audio
	return n, nil
}

// begin finds the first units, and starts an encoder if they have another format, or if
// the file is of a kind that only the encoder can read.
func (t *trackReader) begin() error {
	var head []byte
	framer := known.NewFramer()
	b := make([]byte, 16<<10)
	for {
		n, err := t.audio.Read(b)
		head = append(head, b[:n]...)
		framer.Write(b[:n])
		if err != nil {
			framer.Finish()
		}
		var units []codec.Unit
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			u.Data = append([]byte(nil), u.Data...)
			units = append(units, u)
		}
		isOver := err != nil || len(head) > maxTrackHead || framer.Err() != nil || known.IsFile(head)
		switch {
		case len(units) > 0 && !units[0].Format.Fits(t.to) && t.mayConvert():
			return t.convert(units, framer, err)
		case len(units) == 0 && isOver && len(head) > 0 && t.mayConvert() && t.convertFile(int64(len(head))):
			return nil
		case len(units) > 0 || isOver:
			t.out = io.MultiReader(newReader(head, err), t.audio)
			return nil
		}
	}
}

// mayConvert reports whether an encoder is to be tried.
func (t *trackReader) mayConvert() bool { return t.open == nil || t.converter.Problem() == nil }

// convert starts an encoder for the units at the beginning of the track, which are
// followed by those of framer. end is why there is no more to read; nil: there is.
func (t *trackReader) convert(units []codec.Unit, framer codec.Framer, end error) error {
	kbits := t.kbits
	if kbits == 0 {
		average, varies := averageBitRate(units)
		kbits = nearBitRate(t.to, average, 0, varies)
	}
	encoder, err := t.converter.startTrack(t.ctx, func(ctx context.Context) *exec.Cmd {
		return t.converter.command(ctx, units[0].Format.Codec, t.to, kbits)
	})
	if err != nil {
		return err
	}
	audio := t.audio
	t.audio = nil // the goroutine closes it
	go encoder.run(audio, units, framer, end)
	t.encoder, t.out = encoder, encoder
	return nil
}

// convertFile starts an encoder that reads the track by itself, and reports whether it
// could: the track must be a file, of which some bytes are read.
func (t *trackReader) convertFile(read int64) bool {
	file, ok := t.audio.(*os.File)
	if !ok {
		return false
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return false
	}
	to := known.Complete(t.to)
	kbits := t.kbits
	if kbits == 0 {
		kbits = nearBitRate(to, 0, unknownBitRate, true)
	}
	encoder, err := t.converter.startTrack(t.ctx, func(ctx context.Context) *exec.Cmd {
		cmd := t.converter.ofFile(ctx, to, kbits)
		cmd.Stdin = file
		return cmd
	})
	if err != nil {
		file.Seek(read, io.SeekStart)
		return false
	}
	encoder.readsItself()
	t.isFile = true
	t.encoder, t.out = encoder, encoder
	return true
}

// unknownBitRate is for tracks whose own bit rate says nothing, in kbit/s.
const unknownBitRate = 128

// Close ends the encoder and closes the track.
func (t *trackReader) Close() error {
	if t.encoder != nil {
		t.encoder.stop()
		t.encoder.end()
		t.encoder = nil
	}
	if t.audio != nil {
		return t.audio.Close()
	}
	return nil
}

// newReader returns a reader of b, and then of err.
func newReader(b []byte, err error) io.Reader { return &rest{b, err} }

type rest struct {
	b   []byte
	err error
}

func (r *rest) Read(b []byte) (int, error) {
	n := copy(b, r.b)
	r.b = r.b[n:]
	switch {
	case len(r.b) > 0:
		return n, nil
	case r.err == nil:
		return n, io.EOF
	}
	return n, r.err
}
