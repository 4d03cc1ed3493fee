package ingest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/frames"
	"relay/icy"
	"relay/mounts"
)

// noMP3After is how many bytes without one MP3 frame prove that a source sends
// something else.
const noMP3After = 256 << 10

var errNotMP3 = fmt.Errorf("no MP3 frame in the first %d KiB", noMP3After>>10)

// pump feeds audio to an input until either ends.
func pump(log *zap.Logger, audio io.Reader, in *mounts.Input) (stats frames.CutterStats, err error) {
	defer contain(log, &err)
	var cutter frames.Cutter
	buf := make([]byte, 16<<10)
	var received int64
	var before frames.CutterStats
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
		before = now
		switch {
		case err != nil:
			return cutter.Stats(), err
		case received > noMP3After && cutter.Stats().Frames == 0:
			return cutter.Stats(), errNotMP3
		}
	}
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
		if t, err := inlineTitle(title, url, in.Mount.Config().Charset); err == nil && t != last {
			last = t
			in.SetTitle(t)
		}
	})
}

// inlineTitle reads a title that came within the stream, where no charset is
// named.
func inlineTitle(title, url, charset string) (t mounts.Title, err error) {
	if t.Text, err = icy.Text(title, charset); err != nil {
		return t, err
	}
	t.URL, err = icy.Text(url, charset)
	return t, err
}

func chunked(h http.Header) bool {
	return strings.EqualFold(strings.TrimSpace(h.Get("Transfer-Encoding")), "chunked")
}
