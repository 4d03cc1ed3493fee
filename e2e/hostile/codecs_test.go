package hostile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A codedCase is what a source with the right login sends in place of, or between, audio of
// a codec.
type codedCase struct {
	name    string
	label   string // its Content-Type
	audio   func(t *testing.T) []byte
	times   int    // how often it is sent; 0: once
	audible bool   // some audio of it is heard all the same
	may     bool   // or it is not: that is for the server to judge
	reason  string // a part of why the server ends it; empty: it need not
}

// good returns streams of the codings, each with the titles of two links.
type good map[string]struct{ first, second []byte }

func makeGood(t *testing.T) good {
	t.Helper()
	g := good{}
	for _, c := range harness.Codings {
		g[c.Key()] = struct{ first, second []byte }{
			c.Tone(t, 440, 2*time.Second, "first"), c.Tone(t, 660, 2*time.Second, "second"),
		}
	}
	return g
}

// edited returns a stream of Ogg after a change of its pages.
func edited(stream []byte, edit func(n int, page []byte) []byte) (b []byte) {
	for n, page := range harness.OggPages(stream) {
		b = append(b, edit(n, page)...)
	}
	return b
}

// headers returns the pages of a stream before its first audio, and the others.
func headers(stream []byte) (head, audio []byte) {
	for _, page := range harness.OggPages(stream) {
		if granule := binary.LittleEndian.Uint64(page[6:]); audio == nil && (granule == 0 || granule == 1<<64-1) {
			head = append(head, page...)
		} else {
			audio = append(audio, page...)
		}
	}
	return head, audio
}

// comments returns a comment header of Opus with a field.
func comments(field string) []byte {
	b := append(make([]byte, 0, len(field)+30), "OpusTags\x01\x00\x00\x00x\x01\x00\x00\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// packetPages returns a packet on as many pages as it takes, the last of which may be left
// out.
func packetPages(serial, sequence uint32, packet []byte) (b []byte) {
	const most = 255 * 255
	flags, full := byte(0), bytes.Repeat([]byte{255}, 255)
	b = make([]byte, 0, len(packet)+(len(packet)/most+1)*300)
	for len(packet) >= most {
		b = append(b, harness.OggPage(flags, 1<<64-1, serial, sequence, packet[:most], full...)...)
		packet, sequence, flags = packet[most:], sequence+1, 1
	}
	return append(b, harness.OggPage(flags, 0, serial, sequence, packet)...)
}

// opusHead is the first page of a stereo stream of Opus.
func opusHead(serial uint32) []byte {
	return harness.OggPage(2, 0, serial, 0, []byte("OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00"))
}

// firstOf returns a page that begins a stream of something else.
func firstOf(serial uint32, magic string) []byte {
	return harness.OggPage(2, 0, serial, 0, append([]byte(magic), make([]byte, 60)...))
}

// flood returns links of Opus with a title each and one packet of audio.
func titleFlood(n int) (b []byte) {
	for i := range n {
		serial := uint32(5000 + i)
		b = append(b, opusHead(serial)...)
		b = append(b, harness.OggPage(0, 0, serial, 1, comments(fmt.Sprintf("TITLE=title %d", i)))...)
		b = append(b, harness.OggPage(4, 960, serial, 2, []byte("\xfc\xff\xfe"))...)
	}
	return b
}

// adts returns a frame of AAC whose header claims a length.
func adts(frame []byte, claims int) []byte {
	frame = bytes.Clone(frame)
	frame[3] = frame[3]&^3 | byte(claims>>11)
	frame[4] = byte(claims >> 3)
	frame[5] = frame[5]&0x1f | byte(claims<<5)
	return frame
}

// adtsFrames returns the frames of a stream.
func adtsFrames(t *testing.T, stream []byte) (frames [][]byte) {
	t.Helper()
	for in := bytes.NewReader(stream); in.Len() > 0; {
		frame, err := harness.AAC.Read(in)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}
	return frames
}

const (
	aacType = "audio/aac"
	oggType = "application/ogg"
)

func codedCases(g good) (list []codedCase) {
	const plenty = 1 << 20
	add := func(name, label string, times int, audible bool, reason string, audio func(t *testing.T) []byte) {
		list = append(list, codedCase{name: name, label: label, audio: audio, times: times, audible: audible, reason: reason})
	}
	bytesOf := func(b []byte) func(*testing.T) []byte { return func(*testing.T) []byte { return b } }

	// Things that are no audio, under both types.
	for _, label := range []string{aacType, oggType} {
		for name, b := range map[string][]byte{
			"noise": noise(plenty), "all 0xFF": repeated("\xff", plenty), "all zero": repeated("\x00", plenty), "text": repeated("Hello, this is a web page.\r\n", plenty),
			"sync words alone": repeated("\xff\xf1", plenty),
		} {
			add(name+" under "+label, label, 0, false, "no audio", bytesOf(b))
		}
		add("capture patterns alone under "+label, label, 0, false, map[string]string{aacType: "it sends Ogg, and its Content-Type says AAC", oggType: "no audio"}[label], bytesOf(repeated("OggS\x00", plenty)))
		add("MP3 under "+label, label, 12, false, "sends", bytesOf(g["mp3"].first))
	}

	// AAC in ADTS.
	aac := g["aac"].first
	add("AAC", aacType, 0, true, "", bytesOf(aac))
	add("noise between AAC", aacType, 0, true, "", func(t *testing.T) (b []byte) {
		for n, frame := range adtsFrames(t, aac) {
			if b = append(b, frame...); n%20 == 19 {
				b = append(b, noise(3000)...)
			}
		}
		return b
	})
	add("ADTS lengths that are too long", aacType, 0, true, "", func(t *testing.T) (b []byte) {
		for n, frame := range adtsFrames(t, aac) {
			if n%10 == 9 {
				frame = adts(frame, 1400)
			}
			b = append(b, frame...)
		}
		return b
	})
	add("ADTS lengths that are too short", aacType, 0, true, "", func(t *testing.T) (b []byte) {
		for n, frame := range adtsFrames(t, aac) {
			if n%10 == 9 {
				frame = adts(frame, 9)
			}
			b = append(b, frame...)
		}
		return b
	})
	add("ADTS frames of no length", aacType, 3000, false, "no audio", func(t *testing.T) (b []byte) { return adts(adtsFrames(t, aac)[3], 0) })
	add("ADTS headers alone", aacType, 0, false, "no audio", bytesOf(repeated("\xff\xf1\x50\x80\x00\xff\xfc", plenty)))
	add("a new sample rate at each frame of AAC", aacType, 0, false, "", func(t *testing.T) (b []byte) {
		for n, frame := range adtsFrames(t, aac) {
			frame[2] = frame[2]&^0x3c | byte(n%12)<<2
			b = append(b, frame...)
		}
		return b
	})
	list[len(list)-1].may = true
	add("a tag of 200 MB before AAC", aacType, 0, true, "", func(*testing.T) []byte { return append(id3(200<<20), append(noise(100_000), aac...)...) }) // frames within it show that its length is wrong
	add("a tag of 200 MB, and noise", aacType, 0, false, "", bytesOf(append(id3(200<<20), noise(plenty)...)))
	add("a tag of 200 MB before Ogg", oggType, 0, false, "", bytesOf(append(id3(200<<20), noise(plenty)...)))
	add("LATM", aacType, 0, false, "LATM", func(t *testing.T) []byte { return makeRaw(t, "-c:a", "aac", "-f", "latm") })
	add("MP4", aacType, 4, false, "MP4", func(t *testing.T) []byte {
		return makeRaw(t, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4")
	})
	add("AAC, then MP3", aacType, 1, true, "", bytesOf(append(bytes.Clone(aac), bytes.Repeat(g["mp3"].first, 12)...)))
	add("AAC, then Opus", aacType, 1, true, "", bytesOf(append(bytes.Clone(aac), bytes.Repeat(g["opus"].first, 20)...)))

	// Ogg, by codec.
	for _, c := range harness.BesideMP3[1:] {
		stream, other := g[c.Key()].first, g[c.Key()].second
		head, audio := headers(stream)
		name := func(what string) string { return what + ", " + c.String() }
		add(name("intact"), oggType, 0, true, "", bytesOf(append(bytes.Clone(stream), other...)))
		add(name("truncated pages"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte {
				if n%4 == 3 {
					return p[:len(p)/2]
				}
				return p
			})...)
		})
		add(name("wrong CRCs"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte {
				if n%2 == 1 {
					p[22] ^= 0x55
				}
				return p
			})...)
		})
		add(name("nothing but wrong CRCs"), oggType, 20, false, "", func(*testing.T) []byte {
			return edited(stream, func(_ int, p []byte) []byte { p[23] ^= 1; return p })
		})
		add(name("a link with the serial of the last one"), oggType, 0, true, "", func(*testing.T) []byte {
			serial := binary.LittleEndian.Uint32(stream[14:])
			return append(bytes.Clone(stream), edited(other, func(_ int, p []byte) []byte { return harness.SetSerial(p, serial) })...)
		})
		add(name("pages of another serial"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte {
				if n%3 == 2 {
					return harness.SetSerial(p, 77)
				}
				return p
			})...)
		})
		add(name("two streams with one serial"), oggType, 0, false, "", func(*testing.T) []byte {
			serial := binary.LittleEndian.Uint32(stream[14:])
			first := harness.OggPages(stream)[0]
			return append(append(bytes.Clone(first), harness.SetSerial(harness.OggPages(other)[0], serial)...), noise(1000)...)
		})
		add(name("granules that jump back"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte { return harness.SetGranule(p, uint64(1_000_000-n*1000)) })...)
		})
		add(name("granules at the end of time"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte { return harness.SetGranule(p, 1<<63-1-uint64(n)) })...)
		})
		add(name("negative granules"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte { return harness.SetGranule(p, 1<<64-2-uint64(n)) })...)
		})
		add(name("page numbers that jump"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(head), edited(audio, func(n int, p []byte) []byte { return harness.SetSequence(p, uint32(n*0x10000001)) })...)
		})
		add(name("headers without audio, over and over"), oggType, 300, false, "", bytesOf(head))
		add(name("a link without audio, then audio"), oggType, 0, true, "", bytesOf(append(bytes.Clone(head), other...)))
		add(name("audio without headers"), oggType, 20, false, "", bytesOf(audio))
		add(name("255 segments that lie"), oggType, 0, true, "", func(*testing.T) []byte {
			serial := binary.LittleEndian.Uint32(stream[14:])
			lie := harness.OggPage(0, 5000, serial, 3, noise(500), bytes.Repeat([]byte{255}, 255)...)
			return append(append(bytes.Clone(head), lie...), append(audio, other...)...)
		})
		add(name("255 empty segments a page"), oggType, 0, true, "", func(*testing.T) (b []byte) {
			serial := binary.LittleEndian.Uint32(stream[14:])
			b = bytes.Clone(stream)
			for n := range 2000 {
				b = append(b, harness.OggPage(0, uint64(n), serial, uint32(1000+n), nil, make([]byte, 255)...)...)
			}
			return b
		})
		add(name("pages that continue nothing"), oggType, 0, true, "", func(*testing.T) []byte {
			return append(bytes.Clone(stream), edited(audio, func(_ int, p []byte) []byte { p[5] |= 1; return harness.SealPage(p) })...)
		})
		add(name("a packet without end"), oggType, 0, true, "", func(*testing.T) (b []byte) {
			serial := binary.LittleEndian.Uint32(stream[14:])
			b = bytes.Clone(stream)
			for n := range 80 {
				b = append(b, harness.OggPage(byte(min(n, 1)), 1<<64-1, serial, uint32(len(harness.OggPages(stream))+n), noise(255*255), bytes.Repeat([]byte{255}, 255)...)...)
			}
			return append(b, other...)
		})
		for _, next := range harness.BesideMP3[1:] {
			if next.Codec != c.Codec {
				add(name("then "+next.String()), oggType, 1, true, "changed from "+c.String()+" to "+next.String(), bytesOf(append(bytes.Clone(stream), bytes.Repeat(g[next.Key()].first, 3)...)))
			}
		}
		add(name("then MP3"), oggType, 1, true, "", bytesOf(append(bytes.Clone(stream), bytes.Repeat(g["mp3"].first, 12)...)))
		add(name("beside Vorbis"), oggType, 1, false, "more than one stream", bytesOf(append(append(bytes.Clone(harness.OggPages(stream)[0]), firstPage(g["vorbis"].second)...), noise(5000)...)))
		add(name("with Theora"), oggType, 1, false, "Theora", bytesOf(append(firstOf(9, "\x80theora"), stream...)))
		add(name("with Skeleton"), oggType, 1, false, "Skeleton", bytesOf(append(firstOf(9, "fishead\x00"), stream...)))
	}
	add("Speex", oggType, 1, false, "Speex", func(t *testing.T) []byte {
		return makeRaw(t, "-ar", "16000", "-ac", "1", "-c:a", "libspeex", "-f", "ogg")
	})
	add("an unknown codec", oggType, 1, false, "unknown codec", bytesOf(append(firstOf(9, "mystery"), noise(1000)...)))
	add("comments of 15 MB with a picture", oggType, 1, true, "", func(*testing.T) []byte {
		picture := strings.Repeat("A", 15<<20)
		head := append(opusHead(9), packetPages(9, 1, comments("METADATA_BLOCK_PICTURE="+picture))...)
		_, audio := headers(g["opus"].first)
		sequence := uint32(1 + (15<<20)/(255*255) + 1)
		n := uint32(0)
		return append(head, edited(audio, func(_ int, p []byte) []byte {
			n++
			return harness.SetSequence(harness.SetSerial(p, 9), sequence+n)
		})...)
	})
	add("comments without end", oggType, 1, false, "headers do not end", func(*testing.T) []byte {
		return append(opusHead(9), packetPages(9, 1, comments("TITLE="+strings.Repeat("x", 20<<20)))...)
	})
	add("header pages without end", oggType, 1, false, "headers do not end", func(*testing.T) (b []byte) {
		b = opusHead(9)
		for n := range 6000 {
			b = append(b, harness.OggPage(byte(min(n, 1)), 1<<64-1, 9, uint32(1+n), bytes.Repeat([]byte("x"), 255), 255)...)
		}
		return b
	})
	add("comments that lie about their length", oggType, 1, true, "", func(*testing.T) []byte {
		b := append([]byte("OpusTags"), 0xff, 0xff, 0xff, 0x7f, 'x', 0xff, 0xff, 0xff, 0xff)
		head := append(opusHead(9), harness.OggPage(0, 0, 9, 1, b)...)
		for n := range 20 {
			head = append(head, harness.OggPage(0, uint64(n+1)*960, 9, uint32(n+2), []byte("\xfc\xff\xfe"))...)
		}
		return head
	})
	add("thousands of links in a second", oggType, 1, true, "", bytesOf(titleFlood(5000)))
	add("titles of 60 KB", oggType, 1, true, "", func(*testing.T) (b []byte) {
		for i := range 50 {
			serial := uint32(6000 + i)
			b = append(append(b, opusHead(serial)...), packetPages(serial, 1, comments("TITLE="+strings.Repeat("t", 60_000)+fmt.Sprint(i)))...)
			b = append(b, harness.OggPage(4, 960, serial, 2, []byte("\xfc\xff\xfe"))...)
		}
		return b
	})
	add("titles with line ends and markup", oggType, 1, true, "", func(*testing.T) (b []byte) {
		for i, title := range []string{"a\r\nSet-Cookie: a=b", forged, "<script>alert(1)</script>", "\xff\xfe\x00", "';StreamUrl='x"} {
			serial := uint32(7000 + i)
			b = append(append(b, opusHead(serial)...), harness.OggPage(0, 0, serial, 1, comments("TITLE="+title))...)
			for n := range 5 {
				b = append(b, harness.OggPage(0, uint64(n+1)*960, serial, uint32(n+2), []byte("\xfc\xff\xfe"))...)
			}
		}
		return b
	})
	add("Opus packets that are none", oggType, 1, false, "", func(*testing.T) (b []byte) {
		b = append(opusHead(9), harness.OggPage(0, 0, 9, 1, comments("TITLE=x"))...)
		for n := range 3000 {
			b = append(b, harness.OggPage(0, uint64(n)*960, 9, uint32(n+2), []byte("\xff\x00\x01\x02"))...)
		}
		return b
	})
	return list
}

func firstPage(stream []byte) []byte { return harness.OggPages(stream)[0] }

// makeRaw makes 20 s of noise by ffmpeg.
func makeRaw(t *testing.T, args ...string) []byte {
	t.Helper()
	return harness.MakeAudio(t, []string{"-f", "lavfi", "-i", "anoisesrc=d=20:a=0.2"}, args...)
}

// offer connects a source of a type to a mount.
func (s *station) offer(t *testing.T, mount, label string) *net.TCPConn {
	t.Helper()
	conn := s.dial(t)
	io.WriteString(conn, "PUT "+mount+" HTTP/1.1\r\nContent-Type: "+label+"\r\n"+sourceLogin+"\r\n")
	answer := make([]byte, len("HTTP/1.0 200 OK\r\n\r\n"))
	if _, err := io.ReadFull(conn, answer); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.0 200") {
		t.Fatalf("%q, %v", answer, err)
	}
	return conn
}

// hearsCoded is hears for a mount of any codec: what a listener gets must be whole pages or
// frames of the type that its head gives, up to where the mount ends or enough is heard.
func (s *station) hearsCoded(t *testing.T, mount string) (heard bool) {
	conn := s.dial(t)
	defer conn.Close()
	io.WriteString(conn, "GET "+mount+" HTTP/1.0\r\n\r\n")
	p := &harness.Player{Conn: conn, In: bufio.NewReader(conn)}
	p.ReadHead(t)
	if !strings.Contains(p.Status, " 200") {
		return false
	}
	for n := range 20 {
		c := harness.MP3
		switch p.Header["content-type"] {
		case aacType:
			c = harness.AAC
		case oggType:
			c = harness.Opus
		}
		if _, err := c.Piece(p); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s neither plays nor ends", mount)
			return heard
		} else if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("piece %d of %s, of the type %s: %v", n, mount, p.Header["content-type"], err)
			return heard
		} else if err != nil {
			return heard
		}
		heard = n >= 2 || c.Codec != harness.Opus.Codec // the first two pages are headers
	}
	return heard
}

// codedAtOnce is how many cases of TestCodedSources run at once: most of the time they wait.
const codedAtOnce = 12

// A source with the right login sends bad AAC or Ogg. The server lives, listeners of other
// mounts lose nothing, memory and log are bounded, and the reason is a clear sentence.
func TestCodedSources(t *testing.T) {
	t.Parallel()
	cases := codedCases(makeGood(t))
	s := open(t, "")
	s.reload(t, with(`source_timeout = "8s"`)) // not for the source of /live, which is late when the machine is busy
	before, beforeLog := s.memory(t), len(s.log.String())
	var lines atomic.Int64
	t.Run("cases", func(t *testing.T) {
		var running sync.WaitGroup
		defer running.Wait()
		free := make(chan struct{}, codedAtOnce)
		for i, c := range cases {
			free <- struct{}{}
			beside(t, &running, c.name, func(t *testing.T) {
				defer func() { <-free }()
				audio := c.audio(t) // before the source can time out
				mount := fmt.Sprintf("/coded%d", i)
				conn := s.offer(t, mount, c.label)
				defer conn.Close()
				heard := make(chan bool, 1)
				go func() { heard <- s.hearsCoded(t, mount) }()
				for range max(1, c.times) {
					conn.SetWriteDeadline(time.Now().Add(patience))
					if _, err := conn.Write(audio); err != nil { // the server may close before it has read all of it
						break
					}
				}
				if audible := <-heard; audible != c.audible && !c.may {
					t.Errorf("audio was heard: %v", audible)
				}
				if c.reason != "" {
					eventually(t, "the end of the source", func() bool { return s.linesAbout(mount).left != "" })
				}
				s.settled(t)
				conn.Close()
				eventually(t, "the end of the source", func() bool { return s.free(t, mount) })
				eventually(t, "the reason", func() bool { return s.linesAbout(mount).left != "" })
				if reason := s.linesAbout(mount).left; c.reason != "" && !strings.Contains(reason, c.reason) {
					t.Errorf("the log says %q, want %q", reason, c.reason)
				}
				if told := s.body(t, "GET /api/v1/mounts"+mount+"/studio HTTP/1.0\r\n"+sourceLogin+"\r\n"); !strings.Contains(told, c.reason) {
					t.Errorf("the API says %s, want %q", told, c.reason)
				}
				n := s.linesAbout(mount).told
				if lines.Add(int64(n)); n > 100 {
					t.Errorf("%d lines of the log are about this source", n)
				}
			})
		}
	})
	s.settled(t)
	s.everywhereWhole(t)
	used := s.memory(t) - before
	t.Logf("%d cases: %d MiB more memory, %d lines in the log, %d bytes", len(cases), used>>20, lines.Load(), len(s.log.String())-beforeLog)
	if used > 400<<20 && !harness.RaceDetector {
		t.Errorf("the server has taken %d MiB", used>>20)
	}
}

// A listener of each codec that reads slowly, or nothing, is dropped, and others lose
// nothing. The source sends a hundred times as fast as it plays.
func TestCodedTorrents(t *testing.T) {
	t.Parallel()
	g := makeGood(t)
	s := openWith(t, with(`listener_timeout = "8s"`))
	for _, c := range harness.BesideMP3 {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			mount := "/torrent-" + c.Key()
			source := s.offer(t, mount, c.Label)
			streams := [][]byte{g[c.Key()].first, g[c.Key()].second}
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				for n := 0; ; n++ {
					source.SetWriteDeadline(time.Now().Add(patience))
					if _, err := source.Write(streams[n%2]); err != nil {
						return
					}
					time.Sleep(25 * time.Millisecond)
				}
			}()
			defer func() {
				source.Close()
				<-stopped
			}()
			eventually(t, "the torrent", func() bool { return s.plays(t, mount) })
			idle := s.dial(t)
			idle.SetReadBuffer(1 << 10)
			io.WriteString(idle, "GET "+mount+" HTTP/1.0\r\n\r\n")
			slow := s.dial(t)
			slow.SetReadBuffer(1 << 10)
			io.WriteString(slow, "GET "+mount+" HTTP/1.0\r\n\r\n")
			p := &harness.Player{Conn: slow, In: bufio.NewReader(slow)}
			p.ReadHead(t)
			heard := c.Listen()
			eventually(t, "the server to drop the listener that reads nothing", func() bool {
				if piece, err := c.Piece(p); err == nil { // slowly: one at a time
					heard.Add(piece) // what it has missed shows as a hole
				} else if !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
					t.Fatalf("a slow listener: %v", err)
				}
				return s.dropped(idle)
			})
			if heard.Length == 0 {
				t.Error("the slow listener has heard nothing")
			}
			s.settled(t)
		})
	}
}

// Sources of 1 kbit/s and of 10 Mbit/s.
func TestCodedRates(t *testing.T) {
	t.Parallel()
	s := openWith(t, with(`source_timeout = "30s"`))
	t.Run("1 kbit per s", func(t *testing.T) {
		t.Parallel()
		conn := s.offer(t, "/slow", oggType)
		conn.Write(append(opusHead(9), harness.OggPage(0, 0, 9, 1, comments("TITLE=x"))...))
		done := make(chan bool, 1)
		go func() { done <- s.hearsCoded(t, "/slow") }()
		for n := uint32(0); ; n++ { // DTX: a byte for 20 ms, many on a page
			page := harness.OggPage(0, uint64(n+1)*50*960, 9, n+2, bytes.Repeat([]byte{0xfc}, 50), bytes.Repeat([]byte{1}, 50)...)
			if _, err := conn.Write(page); err != nil {
				t.Fatal(err)
			}
			select {
			case heard := <-done:
				if !heard {
					t.Error("it is not heard")
				}
				s.settled(t)
				return
			case <-time.After(time.Second / 4):
			}
		}
	})
	t.Run("10 Mbit per s", func(t *testing.T) {
		t.Parallel()
		audio := harness.MakeAudio(t, []string{"-f", "lavfi", "-i", "aevalsrc=" + strings.TrimSuffix(strings.Repeat("random(0)*2-1|", 8), "|") + ":d=1:s=96000"}, "-c:a", "flac", "-compression_level", "0", "-sample_fmt", "s32", "-strict", "-2", "-f", "ogg")
		conn := s.offer(t, "/fast", oggType)
		done := make(chan bool, 1)
		go func() { done <- s.hearsCoded(t, "/fast") }()
		if rate := float64(len(audio)) * 8 / 1e6; rate < 10 {
			t.Errorf("the source has only %.1f Mbit/s", rate)
		}
		for range 5 {
			if _, err := conn.Write(audio); err != nil {
				t.Fatal(err)
			}
		}
		if !<-done {
			t.Error("it is not heard")
		}
		s.settled(t)
	})
}
