package harness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/ogg"
)

// A Coding is a codec as encoders send it, with the options and decoders of real programs.
type Coding struct {
	codec.Codec
	Label      string // the Content-Type that sources send
	Container  string // ffmpeg's name for it
	SampleRate int    // Hz
	// MidFrame means that the server lets listeners of AAC join in the middle of a frame, as
	// Icecast does.
	MidFrame bool
	Encoder  []string

	decoder []string       // a program beside ffmpeg that decodes IN
	chatter *regexp.Regexp // what it prints about a stream without faults
}

// The codecs beside MP3.
var (
	AAC = Coding{
		Codec: aac.Codec, Label: "audio/aac", Container: "adts", SampleRate: 44100,
		Encoder: []string{"-c:a", "aac", "-b:a", "96k", "-ar", "44100"},
		decoder: []string{"faad", "-q", "-o", "/dev/null", "IN"}, chatter: nothing,
	}
	Opus = Coding{
		Codec: ogg.Opus, Label: oggLabel, Container: "ogg", SampleRate: 48000,
		Encoder: []string{"-c:a", "libopus", "-b:a", "96k", "-ar", "48000"},
		decoder: []string{"opusdec", "--quiet", "IN", "/dev/null"}, chatter: nothing,
	}
	Vorbis = Coding{
		Codec: ogg.Vorbis, Label: oggLabel, Container: "ogg", SampleRate: 44100,
		Encoder: []string{"-c:a", "libvorbis", "-b:a", "96k", "-minrate", "96k", "-maxrate", "96k", "-ar", "44100"},
		decoder: []string{"oggdec", "-Q", "-o", "/dev/null", "IN"}, chatter: nothing,
	}
	FLAC = Coding{
		Codec: ogg.FLAC, Label: oggLabel, Container: "ogg", SampleRate: 44100,
		Encoder: []string{"-c:a", "flac", "-ar", "44100", "-sample_fmt", "s16"},
		decoder: []string{"flac", "-t", "-s", "--ogg", "IN"}, chatter: regexp.MustCompile(`cannot check MD5 signature`),
	}
)

// nothing is a pattern of blank lines.
var nothing = regexp.MustCompile(`^\s*$`)

const oggLabel = "application/ogg"

// Codings lists the codecs beside MP3.
var Codings = []Coding{AAC, Opus, Vorbis, FLAC}

// IsOgg reports whether its streams have pages and links.
func (c Coding) IsOgg() bool { return c.Container == "ogg" }

// Mount returns the name of a mount for the codec, "/NAME.EXTENSION".
func (c Coding) Mount(name string) string { return "/" + name + c.Extension() }

// Broadcast starts an ffmpeg that sends a tone to a mount in real time until the test
// ends; options are additional ones for its output.
func (c Coding) Broadcast(t testing.TB, r *Relay, mount string, hertz int, options ...string) {
	t.Helper()
	KeepRunning(t, exec.Command(Program(t, "ffmpeg"), slices.Concat([]string{"-nostdin", "-v", "warning", "-re", "-f", "lavfi", "-i", Sine(hertz, time.Hour), "-ac", "2"},
		c.Encoder, []string{"-content_type", c.Label, "-f", c.Container}, options,
		[]string{fmt.Sprintf("icecast://source:%s@%s%s", r.SourcePassword, r.Addr, mount)})...))
}

// Links returns one file of a tone for each title, as encoders write them that begin a
// new link at a title. The sine wave continues from each to the next.
func (c Coding) Links(t testing.TB, hertz int, length time.Duration, artist string, titles ...string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-nostdin", "-v", "error", "-f", "lavfi", "-i", Sine(hertz, length)}
	for i, title := range titles {
		file := filepath.Join(dir, strconv.Itoa(i)+c.Extension())
		args = append(append(args, c.Encoder...), "-ac", "2", "-metadata", "artist="+artist, "-metadata", "title="+title, "-f", c.Container, file)
		files = append(files, file)
	}
	if said, err := exec.Command(Program(t, "ffmpeg"), args...).CombinedOutput(); err != nil {
		t.Fatalf("make links: %v\n%s", err, said)
	}
	return files
}

// Take reads audio from a stream until condition, which is asked with what has been read
// and how long it plays, is true. The last unit may be incomplete.
func (c Coding) Take(t testing.TB, p *Player, condition func(audio []byte, length time.Duration) bool) []byte {
	t.Helper()
	var audio []byte
	var length time.Duration
	framer, chunk := c.NewFramer(), make([]byte, 4096)
	for !condition(audio, length) {
		p.SetReadDeadline(time.Now().Add(Patience))
		n, err := p.Read(chunk)
		if err != nil {
			t.Fatalf("listener: %v after %v of audio", err, length)
		}
		audio = append(audio, chunk[:n]...)
		framer.Write(chunk[:n])
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			length += u.Length
		}
	}
	return audio
}

// Record returns some seconds of audio from a mount, as a listener without metadata gets
// it, beginning with the burst.
func (c Coding) Record(t testing.TB, r *Relay, mount string, seconds int) []byte {
	t.Helper()
	p := r.Tune(t, mount)
	defer p.Close()
	return c.Take(t, p, func(_ []byte, length time.Duration) bool { return length >= time.Duration(seconds)*time.Second })
}

// Decode decodes audio to mono samples at 44.1 kHz. A complaint of ffmpeg, or of the
// codec's own decoder, fails the test. An incomplete unit at the end is left out.
func (c Coding) Decode(t testing.TB, audio []byte) []int16 {
	t.Helper()
	audio = c.whole(audio)
	file := filepath.Join(t.TempDir(), "stream"+c.Extension())
	if err := os.WriteFile(file, audio, 0o600); err != nil {
		t.Fatal(err)
	}
	args := make([]string, len(c.decoder))
	for i, arg := range c.decoder {
		args[i] = strings.ReplaceAll(arg, "IN", file)
	}
	said, err := exec.Command(Program(t, args[0]), args[1:]...).CombinedOutput()
	var complaints []string
	for _, line := range strings.FieldsFunc(string(said), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if !c.chatter.MatchString(line) {
			complaints = append(complaints, line)
		}
	}
	if err != nil || len(complaints) > 0 {
		t.Errorf("%s: %v\n%s", args[0], err, strings.Join(complaints, "\n"))
	}
	input := "aac"
	if c.IsOgg() {
		input = "ogg"
	}
	return decodeQuietly(t, audio, "-f", input, "-i", "-")
}

// estimate is what ffmpeg says of every ADTS stream, which has no length.
var estimate = regexp.MustCompile(`(?m)^\[aac @ .*Estimating duration from bitrate.*\n`)

func decodeQuietly(t testing.TB, audio []byte, input ...string) []int16 {
	t.Helper()
	// ffmpeg believes that Ogg FLAC begins at 0, and its muxer warns of the first position
	// that is much later; asetpts ignores positions.
	cmd := exec.Command(Program(t, "ffmpeg"), slices.Concat([]string{"-v", "warning"}, input, []string{"-af", "asetpts=N/SR/TB", "-f", "s16le", "-ac", "1", "-ar", "44100", "-"})...)
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(audio), &said
	pcm, err := cmd.Output()
	if complaints := estimate.ReplaceAllString(said.String(), ""); err != nil || complaints != "" {
		t.Errorf("ffmpeg: %v\n%s", err, complaints)
	}
	return samplesOf(pcm)
}

// whole leaves out the incomplete frame or page at the end.
func (c Coding) whole(audio []byte) []byte {
	if c.MidFrame {
		return wholeFrames(audio)
	}
	end := 0
	for rest := audio; ; rest = audio[end:] {
		size := len(rest) + 1
		switch {
		case !c.IsOgg() && len(rest) >= 7:
			size = max(7, int(rest[3]&3)<<11|int(rest[4])<<3|int(rest[5])>>5)
		case c.IsOgg() && len(rest) >= 27 && len(rest) >= 27+int(rest[26]):
			size = 27 + int(rest[26])
			for _, lacing := range rest[27 : 27+int(rest[26])] {
				size += int(lacing)
			}
		}
		if size > len(rest) {
			return audio[:end]
		}
		end += size
	}
}

// wholeFrames returns the frames of AAC in a stream that begins and ends within one.
func wholeFrames(audio []byte) (frames []byte) {
	f := aac.Codec.NewFramer()
	f.Write(audio)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		frames = append(frames, u.Data...)
	}
	return frames
}

// CountLinks returns how many links begin in an Ogg stream.
func CountLinks(audio []byte) (n int) {
	for {
		at := bytes.Index(audio, []byte("OggS\x00"))
		if at < 0 || len(audio) < at+27 {
			return n
		}
		if audio[at+5]&2 != 0 {
			n++
		}
		audio = audio[at+27:]
	}
}

// Plays records 3 s of a mount, and reports their pitch and whether that is hertz.
func (c Coding) Plays(t testing.TB, r *Relay, mount string, hertz int) (pitch float64, ok bool) {
	t.Helper()
	pitch = Pitch(c.Decode(t, c.Record(t, r, mount, 3)))
	return pitch, math.Abs(pitch-float64(hertz)) <= float64(hertz)/100
}

// Hears records 3 s of a mount and fails the test unless they are a tone of hertz, to
// 1 percent, that decodes without warnings.
func (c Coding) Hears(t testing.TB, r *Relay, mount string, hertz int) {
	t.Helper()
	if got, ok := c.Plays(t, r, mount, hertz); !ok {
		t.Errorf("%s plays %.1f Hz, want %d", mount, got, hertz)
	}
}

// EventuallyHears is Hears for a source whose sound card may begin with silence or, on a
// busy machine, lose some of the tone.
func (c Coding) EventuallyHears(t testing.TB, r *Relay, mount string, hertz int) {
	t.Helper()
	Eventually(t, fmt.Sprintf("a tone of %d Hz on %s", hertz, mount), func() bool {
		got, ok := c.Plays(t, r, mount, hertz)
		if !ok {
			t.Logf("%s plays %.1f Hz, not yet %d", mount, got, hertz)
		}
		return ok
	})
}

// Chain connects a source in this process that sends files one after the other, as often
// as it takes, in real time until the test ends.
func (c Coding) Chain(t testing.TB, r *Relay, mount string, files []string, header ...string) {
	t.Helper()
	e := r.Connect(t, "PUT "+mount+" HTTP/1.1\r\nHost: radio\r\nAuthorization: "+Basic("source", r.SourcePassword)+
		"\r\nContent-Type: "+c.Label+"\r\n"+strings.Join(append(header, ""), "\r\n")+"\r\n")
	links := make([][]byte, len(files))
	for i, file := range files {
		links[i] = []byte(ReadFile(t, file))
		if c.IsOgg() { // no two links may have one serial
			links[i] = withSerial(links[i], uint32(i+1))
		}
	}
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		framer, start, played := c.NewFramer(), time.Now(), time.Duration(0)
		for i := 0; ; i = (i + 1) % len(links) {
			for link := range slices.Chunk(links[i], 1000) {
				framer.Write(link)
				for u, ok := framer.Next(); ok; u, ok = framer.Next() {
					played += u.Length
				}
				e.SetDeadline(time.Now().Add(Patience))
				if _, err := e.Write(link); err != nil {
					return
				}
				select {
				case <-stop:
					return
				case <-time.After(time.Until(start.Add(played))):
				}
			}
		}
	}()
}

// withSerial gives every page of a link another serial, and its checksum.
func withSerial(link []byte, serial uint32) []byte {
	link = bytes.Clone(link)
	for at := 0; at+27 <= len(link); {
		size := 27 + int(link[at+26])
		for _, lacing := range link[at+27 : at+size] {
			size += int(lacing)
		}
		page := link[at : at+size]
		binary.LittleEndian.PutUint32(page[14:], serial)
		binary.LittleEndian.PutUint32(page[22:], 0)
		var crc uint32
		for _, b := range page {
			crc ^= uint32(b) << 24
			for range 8 {
				if crc&(1<<31) != 0 {
					crc = crc<<1 ^ 0x04c11db7
				} else {
					crc <<= 1
				}
			}
		}
		binary.LittleEndian.PutUint32(page[22:], crc)
		at += size
	}
	return link
}
