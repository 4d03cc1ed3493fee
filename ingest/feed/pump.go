package feed

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"time"

	"go.uber.org/zap"

	"relay/codec/mp3"
	"relay/icy"
	"relay/internal/contain"
	"relay/mounts"
)

// noMP3After is the number of bytes, tags not counted, without an MP3 frame after
// which a source is taken to send something else.
const noMP3After = 256 << 10

var (
	ErrNotMP3     = errors.New("no MP3 frame in what it sends")          // ends a source that never sent MP3
	ErrNoMP3Again = errors.New("no MP3 frame any more in what it sends") // ends a source that sent MP3 before
)

// Pump feeds audio to an input until either ends, and returns statistics and why it
// ended: the error of audio, io.EOF, ErrNotMP3 or ErrNoMP3Again. It closes neither.
//
// A source that sends garbage and no frame for the timeout counts as one that sends
// nothing, and ends. A tag, perhaps with a picture, may take as long as its length
// says, but the source has nothing to play meanwhile. A source too slow to have
// delivered its first frame counts as neither.
func Pump(log *zap.Logger, audio io.Reader, in *mounts.Input, timeout time.Duration) (stats mp3.CutterStats, err error) {
	defer contain.Error(log, &err)
	var cutter mp3.Cutter
	buf := make([]byte, 16<<10)
	var received int64
	var before mp3.CutterStats
	var silent, noise spell
	var sample []byte // bytes since the last frame, without tags
	for {
		n, err := audio.Read(buf)
		received += int64(n)
		cutter.Write(buf[:n])
		if err != nil {
			cutter.Finish()
		}
		var audible time.Duration
		var sound int64
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			if audible/quantum < (audible+f.Duration())/quantum { // one read may have seconds of audio
				in.AwaitRoom()
			}
			in.Write(f)
			audible += f.Duration()
			sound += int64(f.Size)
		}
		now := cutter.Stats()
		in.Heard(mounts.Portion{Audio: audible, Bytes: sound, Resyncs: now.Resyncs - before.Resyncs, Garbage: now.Garbage - before.Garbage})
		at, tag, junk := time.Now(), now.Tags > before.Tags, now.Garbage > before.Garbage
		silence := silent.note(audible == 0, at)
		lost := noise.note(audible == 0 && !tag, at) >= timeout && junk
		before = now
		switch {
		case audible > 0:
			sample = sample[:0]
		case !tag && len(sample) < mp3.SampleSize:
			sample = append(sample, buf[:n]...)
		}
		switch {
		case now.Frames == 0 && len(sample) > 0 && (received-now.Tags > noMP3After || lost || errors.Is(err, io.EOF)):
			return now, notMP3(sample, ErrNotMP3, err)
		case err != nil:
			return now, err
		case lost:
			return now, notMP3(sample, ErrNoMP3Again, nil)
		case silence >= timeout && (tag || junk):
			in.Pause()
		}
		in.AwaitRoom()
	}
}

// notMP3 returns a *foreignError if the sample shows what the source sends in place
// of MP3, or else end or, if end is nil, problem.
func notMP3(sample []byte, problem, end error) error {
	if name := mp3.Foreign(sample); name != "" {
		return &foreignError{name, problem}
	}
	return cmp.Or(end, problem)
}

// foreignError names the format that a source sends in place of MP3.
type foreignError struct {
	name    string
	problem error // ErrNotMP3 or ErrNoMP3Again
}

func (e *foreignError) Error() string {
	return fmt.Sprintf("it sends %s, and this server takes MP3 (MPEG Layer III)", e.name)
}

func (e *foreignError) Unwrap() error { return e.problem }

// DisconnectReason returns in words why reading from a source or another server
// ended; err is the error of Pump.
func DisconnectReason(err error) string {
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return "closed the connection"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "sent nothing any more"
	default:
		return err.Error()
	}
}

// spell is the time for which a condition has held.
type spell struct{ began time.Time } // zero: it is not

// note records whether the condition holds now, and returns for how long it has held.
func (s *spell) note(is bool, now time.Time) time.Duration {
	switch {
	case !is:
		*s = spell{}
		return 0
	case s.began.IsZero():
		s.began = now
	}
	return now.Sub(s.began)
}

// AudioOf returns the audio in a body as its header describes it: it removes chunked
// coding, and the titles between the audio go to the input. It buffers, so that small
// pieces do not each cost a read of body.
func AudioOf(body io.Reader, header http.Header, in *mounts.Input) io.Reader {
	if Chunked(header) {
		body = httputil.NewChunkedReader(bufio.NewReaderSize(body, 64<<10))
	}
	metaint := icy.InlineMetaint(header)
	if metaint == 0 {
		return body
	}
	var last mounts.Title // some senders repeat theirs in every block
	return icy.NewMetadataReader(bufio.NewReaderSize(body, 16<<10), metaint, func(title, url string) {
		if t := inlineTitle(title, url, in.Mount.Config().Charset); t != last {
			last = t
			in.StreamTitle(t)
		}
	})
}

// inlineTitle decodes a title from within the stream, which names no charset.
func inlineTitle(title, url, charset string) mounts.Title {
	return mounts.Title{Text: icy.Text(title, "", charset), URL: icy.Given(icy.Text(url, "", charset))}
}
