package encode

import (
	"context"
	"errors"
	"io"

	"go.uber.org/zap"

	"relay/codec/mp3"
)

// maxTrackHead is how much of a track is searched for its first frame, in bytes: a tag
// with a picture may come before it.
const maxTrackHead = 16 << 20

// Track opens a track and returns its audio in a format, encoded as it is read. The
// audio stays as it is if it has the format, has no frame, or cannot be converted. The
// caller closes it; ctx ends the encoder.
func (c *Converter) Track(ctx context.Context, open func() (io.ReadCloser, error), to mp3.Format) (io.ReadCloser, error) {
	audio, err := open()
	if err != nil || to.SampleRate == 0 || to.Channels == 0 {
		return audio, err
	}
	return &trackReader{converter: c, ctx: ctx, open: open, to: to, audio: audio}, nil
}

// Convert returns the audio of a file in another format, encoded as it is read. Reading
// fails if it cannot be converted. The caller closes it; ctx ends the encoder.
func (c *Converter) Convert(ctx context.Context, audio io.ReadCloser, to mp3.Format) io.ReadCloser {
	return &trackReader{converter: c, ctx: ctx, to: to, audio: audio}
}

var errNoAudio = errors.New("the encoder gave no audio")

// A trackReader reads a track in another format. One goroutine reads and closes it.
type trackReader struct {
	converter *Converter
	ctx       context.Context
	open      func() (io.ReadCloser, error) // opens it again, to play in its own format; nil: it must not
	to        mp3.Format
	audio     io.ReadCloser

	out     io.Reader     // nil: the format of the track is not known yet
	encoder *trackEncoder // nil: there is none
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
	}
	t.converter.failed.Add(1)
	t.converter.log.Warn("a track cannot be converted: it plays in its own format", zap.Error(problem))
	t.out, t.audio, err = nil, nil, nil
	if t.audio, err = t.open(); err != nil {
		return n, err
	}
	t.out = t.audio
	return n, nil
}

// begin finds the first frames, and starts an encoder if they have another format.
func (t *trackReader) begin() error {
	var head []byte
	cutter := &mp3.Cutter{}
	b := make([]byte, 16<<10)
	for {
		n, err := t.audio.Read(b)
		head = append(head, b[:n]...)
		cutter.Write(b[:n])
		if err != nil {
			cutter.Finish()
		}
		var frames []mp3.Frame
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			f.Data = append([]byte(nil), f.Data...)
			frames = append(frames, f)
		}
		switch {
		case len(frames) > 0 && frames[0].Format() != t.to && (t.open == nil || t.converter.Problem() == nil):
			return t.convert(frames, cutter, err)
		case len(frames) > 0 || err != nil || len(head) > maxTrackHead:
			t.out = io.MultiReader(newReader(head, err), t.audio)
			return nil
		}
	}
}

// convert starts an encoder for the frames at the beginning of the track, which are
// followed by those of cutter. end is why there is no more to read; nil: there is.
func (t *trackReader) convert(frames []mp3.Frame, cutter *mp3.Cutter, end error) error {
	sum, varies := 0, false
	for _, f := range frames {
		sum += f.BitRate
		varies = varies || f.BitRate != frames[0].BitRate
	}
	kbits := nearBitRate(t.to, sum/len(frames)/1000, 0, varies)
	encoder, err := t.converter.startTrack(t.ctx, t.to, kbits)
	if err != nil {
		return err
	}
	audio := t.audio
	t.audio = nil // the goroutine closes it
	go encoder.run(audio, frames, cutter, end)
	t.encoder, t.out = encoder, encoder
	return nil
}

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
