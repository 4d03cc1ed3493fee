package ingest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/auth"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// pieces is a reader whose reads return as many bytes as the lengths say, in turn and
// over and over.
type pieces struct {
	from    io.Reader
	lengths []byte
	n       int
}

func (p *pieces) Read(b []byte) (int, error) {
	size := 1
	if len(p.lengths) > 0 {
		size += int(p.lengths[p.n%len(p.lengths)])
		p.n++
	}
	return p.from.Read(b[:min(len(b), size)])
}

// FuzzStream: however a source's stream is cut into reads, the audio between its
// chunk lines and metadata blocks is played, and its title is known.
func FuzzStream(f *testing.F) {
	frame := frametest.Numbered(frametest.Header(128000, 44100, 2), 1)
	f.Add(bytes.Repeat(frame, 4), []byte{0, 16, 255}, "Artist - Title", uint16(417), true)
	f.Add(append([]byte("garbage"), bytes.Repeat(frame, 3)...), []byte{255}, "Caf\xe9\r\n'", uint16(1), false)
	f.Add(append(bytes.Repeat(frame, 3), "ID3\x04\x00\x00\x00\x00\x01\x00"...), []byte{3}, "x';StreamUrl='y", uint16(0), true)
	f.Fuzz(func(t *testing.T, audio, lengths []byte, title string, metaint uint16, chunked bool) {
		if len(audio) > 64<<10 || len(title) > 1000 {
			return
		}
		plain, _, _ := played(t, bytes.NewReader(audio), nil)
		header := http.Header{}
		body := audio
		announced := "" // text of a metadata block
		if metaint > 0 {
			header.Set("Icy-Metaint", strconv.Itoa(int(metaint)))
			if len(audio)/int(metaint) > 1000 {
				return
			}
			announced = "StreamTitle='" + title + "';"
			block := make([]byte, 1+(len(announced)+15)/16*16)
			block[0] = byte(len(block) / 16)
			copy(block[1:], announced)
			body = nil
			for piece := range slices.Chunk(audio, int(metaint)) {
				body = append(body, piece...)
				if len(piece) == int(metaint) {
					body = append(body, block...)
				}
			}
		}
		if chunked {
			header.Set("Transfer-Encoding", "chunked")
			var b []byte
			for i, rest := 0, body; len(rest) > 0; i++ {
				n := 1
				if len(lengths) > 0 {
					n += 7 * int(lengths[i%len(lengths)])
				}
				n = min(n, len(rest))
				b = append(fmt.Appendf(b, "%x\r\n", n), rest[:n]...)
				b, rest = append(b, "\r\n"...), rest[n:]
			}
			body = append(b, "0\r\n\r\n"...)
		}
		got, shown, known := played(t, &pieces{from: bytes.NewReader(body), lengths: lengths}, header)
		if got != plain {
			t.Errorf("%s of a stream in pieces, %s of it as a whole", got, plain)
		}
		if metaint == 0 || len(audio) < int(metaint) || !known {
			return
		}
		text, _, _ := icy.ParseBlock([]byte(announced))
		if want := icy.Text(text, "", ""); shown != want {
			t.Errorf("the title is %q, want %q", shown, want)
		}
	})
}

// FuzzBody: whatever arrives as chunks and metadata, one byte at a time, the source
// ends with the body.
func FuzzBody(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"), uint16(0), true)
	f.Add([]byte("ffffffffffffffffff\r\nx"), uint16(3), true)
	f.Add([]byte("-1\r\n"), uint16(3), true)
	f.Add([]byte("abc\xffStreamTitle='"), uint16(3), false)
	f.Fuzz(func(t *testing.T, body []byte, metaint uint16, chunked bool) {
		if len(body) > 16<<10 {
			return
		}
		header := http.Header{"Icy-Metaint": {strconv.Itoa(int(metaint))}}
		if chunked {
			header.Set("Transfer-Encoding", "chunked")
		}
		_, title, _ := played(t, iotest.OneByteReader(bytes.NewReader(body)), header)
		if strings.ContainsFunc(title, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			t.Errorf("the title is %q", title)
		}
	})
}

// played has a source play body, and returns the audio that was played and the title;
// known is false if the mount had no chance to get one.
func played(t *testing.T, body io.Reader, header http.Header) (heard, title string, known bool) {
	t.Helper()
	c := conf.Default()
	c.Limits.FlushInterval, c.Limits.FlushMax = 0, 0 // no pause between reads
	live := conf.NewLive(c)
	registry := mounts.NewRegistry(live, nil, zap.NewNop())
	defer registry.Close()
	core, logs := observer.New(zap.InfoLevel)
	s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.New(core), Conf: live, Refusals: NewRefusals()}
	in, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
	if err != nil {
		t.Fatal(err)
	}
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	s.play(pipeConn{server}, body, header, in, s.Log)
	left := logs.FilterMessage("source left").All()
	if len(left) != 1 {
		t.Fatalf("%d sources left", len(left))
	}
	fields := left[0].ContextMap()
	if m := registry.Find("/live"); m != nil {
		title, known = m.Status().Title.Text, fields["units"] != int64(0) // without units it is not on the air
	}
	return fmt.Sprintf("%v units, %v bytes of garbage and %v resyncs", fields["units"], fields["garbage"], fields["resyncs"]), title, known
}
