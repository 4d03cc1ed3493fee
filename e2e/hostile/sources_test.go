package hostile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// source connects a source to a mount of its own, with additional header fields.
func (s *station) source(t *testing.T, mount, fields string) *net.TCPConn {
	t.Helper()
	conn := s.dial(t)
	io.WriteString(conn, "PUT "+mount+" HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+fields+"\r\n")
	answer := make([]byte, len("HTTP/1.0 200 OK\r\n\r\n"))
	if _, err := io.ReadFull(conn, answer); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.0 200") {
		t.Fatalf("%q, %v", answer, err)
	}
	return conn
}

// numbered returns whole frames with the given numbers.
func numbered(bitRate int, from, to uint64) []byte {
	var b []byte
	for n := from; n <= to; n++ {
		b = append(b, frametest.Numbered(frametest.Header(bitRate, 44100, 2), n)...)
	}
	return b
}

// noise returns n meaningless bytes, the same in each run.
func noise(n int) []byte {
	b := make([]byte, n)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// repeated returns n bytes of a piece, repeated.
func repeated(piece string, n int) []byte {
	return bytes.Repeat([]byte(piece), n/len(piece))
}

// id3 returns the head of an ID3v2 tag that claims size bytes.
func id3(size uint32) []byte {
	return append([]byte("ID3\x04\x00\x00"), byte(size>>21&0x7f), byte(size>>14&0x7f), byte(size>>7&0x7f), byte(size&0x7f))
}

// A source with the right login sends something other than music, or than it
// announced. audible means that frames of it are heard all the same.
func TestSources(t *testing.T) {
	t.Parallel()
	const plenty = 1 << 20
	good := numbered(128000, 1, 100)
	cases := []struct {
		name    string
		fields  string
		audio   []byte
		audible bool
	}{
		{"noise", "", noise(plenty), false},
		{"all 0xFF", "", repeated("\xff", plenty), false},
		{"all zero", "", repeated("\x00", plenty), false},
		{"sync words alone", "", repeated("\xff\xfb", plenty), false},
		{"frame heads alone", "", repeated("\xff\xfb\x90\x00", plenty), false},
		{"heads of free format", "", repeated("\xff\xfb\x00\x00\x00\x00", plenty), false},
		{"heads of layer I", "", repeated("\xff\xff\x90\x00", plenty), false},
		{"text", "", repeated("Hello, this is a web page.\r\n", plenty), false},
		{"Ogg", "", append([]byte("OggS\x00\x02"), noise(plenty)...), false},
		{"AAC in ADTS", "", repeated("\xff\xf1\x50\x80\x02\x1f\xfc\x00\x00\x00", plenty), false},
		{"a zip", "", append([]byte("PK\x03\x04"), noise(plenty)...), false},
		{"noise, then music", "", append(noise(10_000), good...), true},
		{"music, then noise", "", append(bytes.Clone(good), noise(plenty)...), true},
		{"noise between frames", "", interleaved(good, noise(3000)), true},
		{"a tag of 256 MiB", "", append(id3(1<<28-1), noise(plenty)...), false},
		{"a tag that ends in the music", "", append(id3(5000), append(repeated("x", 5000), good...)...), true},
		{"tags alone", "", bytes.Repeat(id3(0), plenty/10), false},
		{"a tag in a tag", "", append(append(id3(30), id3(1<<28-1)...), append(repeated("x", 20), good...)...), true},
		{"an APE tag", "", append(append([]byte("APETAGEX\xd0\x07\x00\x00\xff\xff\xff\xff"), repeated("x", 100)...), good...), true},
		{"a frame cut in the middle", "", append(bytes.Clone(good[:len(good)-200]), numbered(128000, 101, 200)...), true},
		{"frames that lie about their length", "", lyingFrames(300), true},
		{"a new bit rate at each frame", "", changingFrames(300), true},
		{"8 kbit/s", "", silence(8000, 16000, 1, 300), true},
		{"320 kbit/s", "", numbered(320000, 1, 100), true},
		{"100 Mbit/s and more", "", bytes.Repeat(numbered(320000, 1, 1000), 24), true},
		{"half a minute at once", "", numbered(128000, 1, 1150), true},
		{"chunks that are none", "Transfer-Encoding: chunked\r\n", noise(plenty), false},
		{"a chunk beyond counting", "Transfer-Encoding: chunked\r\n", []byte("ffffffffffffffffff\r\nx"), false},
		{"a negative chunk", "Transfer-Encoding: chunked\r\n", []byte("-5\r\nhello\r\n"), false},
		{"a chunk without its line end", "Transfer-Encoding: chunked\r\n", append(fmt.Appendf(nil, "%x\r\n", len(good)), append(bytes.Clone(good), "XX0\r\n"...)...), true},
		{"a chunk's line without end", "Transfer-Encoding: chunked\r\n", repeated("1", plenty), false},
		{"chunks of one byte", "Transfer-Encoding: chunked\r\n", tinyChunks(good), true},
		{"a trailer", "Transfer-Encoding: chunked\r\n", append(append(fmt.Appendf(nil, "%x\r\n", len(good)), good...), "\r\n0\r\nSet-Cookie: a=b\r\n\r\n"...), true},
		{"a second request behind the music", "", append(bytes.Clone(good), hidden...), true},
		{"a length that is too small", "Content-Length: 5\r\n", good, true},
		{"blocks of metadata that are none", "icy-metaint: 100\r\n", noise(plenty), false},
		{"blocks at each byte", "icy-metaint: 1\r\n", noise(plenty), false},
		{"a negative distance between blocks", "icy-metaint: -5\r\n", good, true},
		{"a distance between blocks beyond counting", "icy-metaint: 99999999999999999999\r\n", good, true},
		{"a compressed body", "Content-Encoding: gzip\r\n", append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), noise(plenty)...), false},
		{"bit rates beyond counting in its head", "ice-bitrate: 99999999999999999999\r\nice-audio-info: ice-samplerate=-1;ice-bitrate=1e99;ice-channels=999\r\n", good, true},
		{"half an upload to an address that is busy", "Expect: 100-continue, 200-maybe\r\n", good, true},
	}
	s := open(t, "")
	s.reload(t, with(`source_timeout = "12s"`)) // not for the source of /live, which is late when the machine is busy
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mount := fmt.Sprintf("/other%d", i) // a mount keeps its stream for its grace
			conn := s.source(t, mount, c.fields)
			defer conn.Close()
			heard := make(chan bool, 1)
			go func() { heard <- s.hears(t, mount) }()
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				conn.Write(c.audio) // the server may close before it has read all of it
			}()
			<-sent
			if audible := <-heard; audible != c.audible {
				t.Errorf("frames were heard: %v", audible)
			}
			s.settled(t)
			conn.Close()
			eventually(t, "the end of the source", func() bool { return s.free(t, mount) })
		})
	}
}

// hears reports whether a listener of a mount gets a whole frame before the mount
// ends.
func (s *station) hears(t testing.TB, mount string) bool {
	conn := s.dial(t)
	defer conn.Close()
	io.WriteString(conn, "GET "+mount+" HTTP/1.0\r\n\r\n")
	in := bufio.NewReaderSize(conn, 4<<10)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Errorf("%s: the head: %v", mount, err)
			return false
		}
		if strings.HasPrefix(line, "HTTP/") && statusOf(line) != "200" {
			return false
		}
		if line == "\r\n" {
			break
		}
	}
	head, err := in.Peek(4)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s neither plays nor ends", mount)
	}
	if err != nil {
		return false
	}
	h, ok := mp3.ParseHeader(head)
	if !ok {
		t.Errorf("%s begins with % x", mount, head)
		return false
	}
	_, err = in.Peek(h.Size)
	return err == nil
}

func interleaved(good, bad []byte) (b []byte) {
	frame := frametest.Header(128000, 44100, 2).Size
	for len(good) >= 10*frame {
		b = append(append(b, good[:10*frame]...), bad...)
		good = good[10*frame:]
	}
	return b
}

// lyingFrames returns frames of which every tenth has fewer bytes than its head says.
func lyingFrames(n int) (b []byte) {
	for i := range n {
		frame := numbered(128000, uint64(i), uint64(i))
		if i%10 == 9 {
			frame = frame[:100]
		}
		b = append(b, frame...)
	}
	return b
}

func changingFrames(n int) (b []byte) {
	rates := []int{64000, 128000, 320000, 96000}
	for i := range n {
		b = append(b, numbered(rates[i%len(rates)], uint64(i), uint64(i))...)
	}
	return b
}

func silence(bitRate, sampleRate, channels, n int) []byte {
	return bytes.Repeat(mp3.Silence(frametest.Header(bitRate, sampleRate, channels)), n)
}

func tinyChunks(audio []byte) (b []byte) {
	for _, c := range audio[:5000] {
		b = append(b, '1', '\r', '\n', c, '\r', '\n')
	}
	return b
}

// Sources that break off at any stage leave nothing behind.
func TestSourcesThatBreakOff(t *testing.T) {
	t.Parallel()
	s := open(t, "")
	s.reload(t, with(`header_timeout = "8s"`, `source_timeout = "12s"`)) // not for the source of /live
	head := "PUT /other HTTP/1.1\r\nContent-Type: audio/mpeg\r\nExpect: 100-continue\r\n" + sourceLogin + "\r\n"
	audio := string(numbered(128000, 1, 50))
	chunked := strings.Replace(head, "Expect", "Transfer-Encoding: chunked\r\nExpect", 1)
	metadata := strings.Replace(head, "Expect", "icy-metaint: 417\r\nExpect", 1)
	var cases sync.WaitGroup
	mounts := 10
	for _, c := range []struct{ name, sent, halfClosed, leftOpen string }{
		{"before a byte", "", silent, silent},
		{"in the first line", head[:5], silent, silent},
		{"in a field", head[:40], silent, silent},
		{"before the empty line", head[:len(head)-2], silent, silent},
		{"behind the head", head, "100", "100"},
		{"in the first frame", head + audio[:100], "100", "100"},
		{"in a later frame", head + audio[:5000], "100", "100"},
		{"between frames", head + audio[:417], "100", "100"},
		{"in a chunk's line", chunked + "1f", "100", "100"},
		{"in a chunk", chunked + "ff\r\nabc", "100", "100"},
		{"in a metadata block", metadata + audio[:417] + "\x05Strea", "100", "100"},
		{"in a SHOUTcast password", "hack", silent, silent},
		{"behind the password", "hackme\r\n", "OK2", "OK2"},
		{"in a SHOUTcast head", "hackme\r\nicy-name: x", "OK2", "OK2"},
	} {
		for how, want := range map[string]string{"closed": "", "reset": "", "half closed": c.halfClosed, "left open": c.leftOpen} {
			mounts++
			mount := fmt.Sprintf("/off%d", mounts) // as long as /other
			beside(t, &cases, c.name+", "+how, func(t *testing.T) {
				conn := s.dial(t)
				defer conn.Close()
				io.WriteString(conn, strings.Replace(c.sent, "/other", mount, 1))
				switch how {
				case "reset":
					conn.SetLinger(0)
					conn.Close()
				case "closed":
					conn.Close()
				case "half closed":
					conn.CloseWrite()
					fallthrough
				default: // until the server closes
					if answer := read(t, conn); outcome(answer) != want {
						t.Errorf("%s, want %s: %.300q", outcome(answer), want, answer)
					}
				}
				s.settled(t)
				eventually(t, "the end of the source", func() bool { return s.free(t, mount) && s.free(t, "/stream") })
			})
		}
	}
	cases.Wait()
}
