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
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/known"
	"relay/codec/mp3"
	"relay/icy"
	"relay/internal/contain"
	"relay/mounts"
)

// noAudioAfter is the number of bytes, tags not counted, without a unit of audio after
// which a source is taken to send something else.
const noAudioAfter = 256 << 10

var (
	ErrNoAudio      = errors.New("no audio in what it sends")          // ends a source that never sent any
	ErrNoAudioAgain = errors.New("no audio any more in what it sends") // ends a source that sent some before
)

// Pump feeds audio to an input until either ends, and returns statistics and why it
// ended: the error of audio, io.EOF, ErrNoAudio or ErrNoAudioAgain. It closes neither.
// label is what the sender says that the audio is.
//
// A source that sends garbage and no unit for the timeout counts as one that sends
// nothing, and ends. A tag, perhaps with a picture, may take as long as its length
// says, but the source has nothing to play meanwhile. A source too slow to have
// delivered its first unit counts as neither.
func Pump(log *zap.Logger, audio io.Reader, label known.Label, in *mounts.Input, timeout time.Duration) (stats codec.Stats, err error) {
	defer contain.Error(log, &err)
	framer := label.NewFramer()
	buf := make([]byte, 16<<10)
	var received int64
	var before codec.Stats
	var silent, noise spell
	var sample []byte // bytes since the last unit, without tags
	for {
		n, err := audio.Read(buf)
		received += int64(n)
		framer.Write(buf[:n])
		if err != nil && !in.IsPassedOver() {
			framer.Finish()
		}
		var audible time.Duration
		var sound int64
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			if audible/quantum < (audible+u.Length)/quantum { // one read may have seconds of audio
				in.AwaitRoom()
			}
			if u.Tags != nil && *u.Tags != (codec.Tags{}) {
				in.StreamTitle(mounts.Title{Text: u.Tags.Text()})
			}
			in.Write(u)
			audible += u.Length
			sound += int64(len(u.Data))
		}
		now := framer.Stats()
		in.Heard(mounts.Portion{Audio: audible, Bytes: sound, Resyncs: now.Resyncs - before.Resyncs, Garbage: now.Garbage - before.Garbage})
		at, tag, junk := time.Now(), now.Tags > before.Tags, now.Garbage > before.Garbage
		silence := silent.note(audible == 0, at)
		lost := noise.note(audible == 0 && !tag, at) >= timeout && junk
		before = now
		switch {
		case audible > 0:
			sample = sample[:0]
		case !tag && len(sample) < known.SampleSize:
			sample = append(sample, buf[:n]...)
		}
		switch {
		case framer.Err() != nil:
			return now, &foreignError{framer.Err().Error(), noAudio(now)}
		case now.Units == 0 && len(sample) > 0 && (received-now.Tags > noAudioAfter || lost || errors.Is(err, io.EOF)):
			return now, foreign(sample, label, ErrNoAudio, err)
		case err != nil:
			return now, err
		case lost:
			return now, foreign(sample, label, ErrNoAudioAgain, nil)
		case silence >= timeout && (tag || junk):
			in.Pause()
		}
		in.AwaitRoom()
	}
}

// noAudio returns the problem of a source that sends nothing that can be played.
func noAudio(so codec.Stats) error {
	if so.Units == 0 {
		return ErrNoAudio
	}
	return ErrNoAudioAgain
}

// foreign returns a *foreignError if the sample shows what the source sends in place of
// what it says, or else end or, if end is nil, problem.
func foreign(sample []byte, label known.Label, problem, end error) error {
	name := known.Name(sample)
	if name == "" && holdsMP3(sample) {
		name = mp3.Codec.String()
	}
	switch {
	case name == "", isOf(label, name):
		return cmp.Or(end, problem)
	case label.Name == "":
		return &foreignError{fmt.Sprintf("it sends %s, and this server takes MP3, AAC (ADTS) and Ogg with Opus, Vorbis or FLAC", name), problem}
	}
	return &foreignError{fmt.Sprintf("it sends %s, and its Content-Type says %s", name, label.Name), problem}
}

// isOf reports whether a name of a format is one of a label: what was sent is damaged.
func isOf(l known.Label, name string) bool {
	switch l.Name {
	case "AAC":
		return name == "AAC (ADTS)"
	case "Ogg":
		return strings.HasPrefix(name, "Ogg")
	}
	return name == l.Name
}

// holdsMP3 reports whether a sample has whole frames of MP3.
func holdsMP3(sample []byte) bool {
	f := mp3.Codec.NewFramer()
	f.Write(sample)
	_, ok := f.Next()
	return ok
}

// foreignError says what a source sends in place of audio that can be played.
type foreignError struct {
	sentence string
	problem  error // ErrNoAudio or ErrNoAudioAgain
}

func (e *foreignError) Error() string { return e.sentence }
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
