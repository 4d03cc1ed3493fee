package ingest

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/frames"
	"relay/icy"
	"relay/mounts"
)

// noMP3After is how many bytes, but for tags, without one MP3 frame prove that a
// source sends something else.
const noMP3After = 256 << 10

var (
	errNotMP3     = errors.New("no MP3 frame in what it sends")
	errNoMP3Again = errors.New("no MP3 frame any more in what it sends")
)

// pump feeds audio to an input until either ends. A source that sends garbage
// and no frame for the timeout is as good as one that sends nothing, and ends. In
// a tag it may go on for as long as the tag says, a picture perhaps, but has
// nothing to play meanwhile. What is too slow to be a frame yet is neither.
func pump(log *zap.Logger, audio io.Reader, in *mounts.Input, timeout time.Duration) (stats frames.CutterStats, err error) {
	defer contain(log, &err)
	var cutter frames.Cutter
	buf := make([]byte, 16<<10)
	var received int64
	var before frames.CutterStats
	var silent, noise spell
	var sample []byte // what has come since the last frame, but for tags
	for {
		n, err := audio.Read(buf)
		received += int64(n)
		cutter.Write(buf[:n])
		if err != nil {
			cutter.Finish()
		}
		var audible time.Duration
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			in.Write(f)
			audible += f.Duration()
		}
		now := cutter.Stats()
		in.Heard(mounts.Portion{Audio: audible, Resyncs: now.Resyncs - before.Resyncs, Garbage: now.Garbage - before.Garbage})
		at, tag, junk := time.Now(), now.Tags > before.Tags, now.Garbage > before.Garbage
		silence := silent.note(audible == 0, at)
		lost := noise.note(audible == 0 && !tag, at) >= timeout && junk
		before = now
		switch {
		case audible > 0:
			sample = sample[:0]
		case !tag && len(sample) < sampleSize:
			sample = append(sample, buf[:n]...)
		}
		switch {
		case now.Frames == 0 && len(sample) > 0 && (received-now.Tags > noMP3After || lost || errors.Is(err, io.EOF)):
			return now, notMP3(sample, errNotMP3, err)
		case err != nil:
			return now, err
		case lost:
			return now, notMP3(sample, errNoMP3Again, nil)
		case silence >= timeout && (tag || junk):
			in.Pause()
		}
	}
}

// sampleSize is about how much of a stream without frames is kept to tell what it is, in bytes.
const sampleSize = 16 << 10

// notMP3 returns what a source sent in place of MP3, if that can be told by a sample, else
// end, or else problem.
func notMP3(sample []byte, problem, end error) error {
	if name := frames.Foreign(sample); name != "" {
		return &foreignError{name, problem}
	}
	return cmp.Or(end, problem)
}

// foreignError says what a source sends in place of MP3.
type foreignError struct {
	name    string
	problem error // errNotMP3 or errNoMP3Again
}

func (e *foreignError) Error() string {
	return fmt.Sprintf("it sends %s, and this server takes MP3 (MPEG Layer III)", e.name)
}

func (e *foreignError) Unwrap() error { return e.problem }

// spell is the time for which something has been the case.
type spell struct{ began time.Time } // zero: it is not

// note says whether it is the case now, and returns for how long it has been.
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

// audioOf returns the audio in a body as its header describes it: chunks are
// joined, and the titles in it go to the input. Both are read in small pieces,
// for each of which the body must not be asked.
func audioOf(body io.Reader, header http.Header, in *mounts.Input) io.Reader {
	if chunked(header) {
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
			in.SetTitle(t)
		}
	})
}

// inlineTitle reads a title that came within the stream, where no charset is
// named.
func inlineTitle(title, url, charset string) mounts.Title {
	return mounts.Title{Text: icy.Text(title, "", charset), URL: icy.Text(url, "", charset)}
}

// codings returns how a body is wrapped for its way, in order; nothing where it
// comes as it is.
func codings(h http.Header) (list []string) {
	for _, coding := range strings.Split(strings.Join(h.Values("Transfer-Encoding"), ","), ",") {
		if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" && coding != "identity" {
			list = append(list, coding)
		}
	}
	return list
}

// chunked tells whether a body comes in chunks, whatever else is said of its
// length (RFC 9112 §6.3).
func chunked(h http.Header) bool { return slices.Equal(codings(h), []string{"chunked"}) }

// checkCodings refuses a body that is wrapped in any other way: what is in it
// would be taken for audio.
func checkCodings(h http.Header) error {
	if list := codings(h); len(list) > 0 && !chunked(h) {
		return fmt.Errorf("Transfer-Encoding %q cannot be read here, only chunked", strings.Join(list, ", "))
	}
	return nil
}
