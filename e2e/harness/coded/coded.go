// Package coded has sources and listeners for every codec that the server plays. They
// handle streams as bytes, frames and pages, so that a test can cut a source anywhere and
// check every byte that a listener gets.
//
//	in:   tones, made by ffmpeg
//	out:  what listeners heard, and what decoders complain about in it
//
// It starts no server.
package coded

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/ogg"
	"relay/e2e/harness"
)

// A Coding is a codec with what sources and listeners of it need.
type Coding struct {
	codec.Codec
	Label string // the Content-Type of its sources

	muxer, demuxer string // of ffmpeg
	encoder        []string
	decoders       []decoder
	read           func(in io.Reader) ([]byte, error)
}

// A decoder is a program that checks a stream of a codec.
type decoder struct {
	name    string
	args    []string       // IN is a file with the stream
	chatter *regexp.Regexp // what it prints about a stream without faults; nil: nothing
}

// strictly are the arguments without which ffmpeg hides what it cannot decode.
var strictly = []string{"-v", "warning", "-err_detect", "crccheck+bitstream+buffer+explode"}

// estimate is what ffmpeg says of streams that do not give their length.
var estimate = regexp.MustCompile(`Estimating duration from bitrate`)

func ffmpeg(demuxer string) decoder {
	return decoder{"ffmpeg", slices.Concat(strictly, []string{"-f", demuxer, "-i", "IN", "-f", "null", "-"}), estimate}
}

// All codings that the server plays.
var (
	MP3 = Coding{
		Codec: mp3.Codec, Label: "audio/mpeg", muxer: "mp3", demuxer: "mp3", read: readMP3,
		encoder: []string{"-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"},
		decoders: []decoder{
			{"ffmpeg", strings.Fields("-v warning -f mp3 -i IN -f null -"), estimate},
			{"mpg123", strings.Fields("-q -t IN"), nil},
		},
	}
	AAC = Coding{
		Codec: aac.Codec, Label: "audio/aac", muxer: "adts", demuxer: "aac", read: readADTS,
		encoder: []string{"-c:a", "aac", "-b:a", "128k"},
		decoders: []decoder{ffmpeg("aac"), {"faad", strings.Fields("-w -o /dev/null IN"), regexp.MustCompile(
			`^ \*+|^ (Build|Copyright|http|bug tracking|Floating|This program|it under the)|file info:$|^ADTS, |^ +[-|]|% decoding|^Decoding .* took`)}},
	}
	Opus = Coding{
		Codec: ogg.Opus, Label: "application/ogg", muxer: "ogg", demuxer: "ogg", read: ReadPage,
		encoder:  []string{"-c:a", "libopus", "-b:a", "96k"},
		decoders: []decoder{ffmpeg("ogg"), {"opusdec", strings.Fields("--quiet --force-wav IN /dev/null"), regexp.MustCompile(`^Decoding complete\.$`)}},
	}
	Vorbis = Coding{
		Codec: ogg.Vorbis, Label: "audio/ogg", muxer: "ogg", demuxer: "ogg", read: ReadPage,
		encoder:  []string{"-c:a", "libvorbis", "-b:a", "112k"},
		decoders: []decoder{ffmpeg("ogg"), {"oggdec", strings.Fields("--quiet --output /dev/null IN"), nil}},
	}
	FLAC = Coding{
		Codec: ogg.FLAC, Label: "audio/ogg; codecs=flac", muxer: "ogg", demuxer: "ogg", read: ReadPage,
		encoder:  []string{"-c:a", "flac", "-sample_fmt", "s16"},
		decoders: []decoder{ffmpeg("ogg"), {"flac", strings.Fields("-t --ogg --silent IN"), regexp.MustCompile(`MD5 signature since it was unset|^\s*ok\s*$`)}},
	}
)

// Besides lists all codings besides MP3.
var Besides = []Coding{AAC, Opus, Vorbis, FLAC}

// All lists all codings.
var All = []Coding{MP3, AAC, Opus, Vorbis, FLAC}

// IsOgg reports whether a stream of the codec consists of Ogg pages.
func (c Coding) IsOgg() bool { return c.muxer == "ogg" }

// serials numbers the Ogg streams that are made, so that no two have the same serial.
var serials atomic.Uint32

// Make encodes what ffmpeg's arguments for an input describe, as a stream to send.
func (c Coding) Make(t testing.TB, input []string, more ...string) []byte {
	t.Helper()
	args := slices.Concat([]string{"-ac", "2"}, c.encoder, more)
	if c.IsOgg() {
		args = append(args, "-page_duration", "200000", "-serial_offset", strconv.Itoa(int(1000+serials.Add(1))))
	}
	return Raw(t, input, append(args, "-f", c.muxer)...)
}

// Raw returns what ffmpeg makes of an input, by the arguments for its output.
func Raw(t testing.TB, input []string, output ...string) []byte {
	t.Helper()
	cmd := exec.Command(harness.Program(t, "ffmpeg"), slices.Concat([]string{"-v", "error", "-nostdin"}, input, output, []string{"-"})...)
	var said bytes.Buffer
	cmd.Stderr = &said
	made, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", output, err, said.String())
	}
	return made
}

// Tone returns a stream of a sine tone, with a title where the codec has links.
func (c Coding) Tone(t testing.TB, hertz int, length time.Duration, title string) []byte {
	t.Helper()
	return c.Make(t, []string{"-f", "lavfi", "-i", harness.Sine(hertz, length)}, "-metadata", "title="+title)
}

// Samples decodes a stream to mono samples at 44.1 kHz. A warning of ffmpeg fails the test.
func (c Coding) Samples(t testing.TB, stream []byte) []int16 {
	t.Helper()
	cmd := exec.Command(harness.Program(t, "ffmpeg"), "-v", "warning", "-f", c.demuxer, "-i", "-", "-f", "s16le", "-ac", "1", "-ar", "44100", "-")
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stream), &said
	pcm, err := cmd.Output()
	if text := said.String(); err != nil || text != "" && !estimate.MatchString(text) {
		t.Errorf("ffmpeg: %v\n%s", err, text)
	}
	samples := make([]int16, len(pcm)/2)
	for i := range samples {
		samples[i] = int16(uint16(pcm[2*i]) | uint16(pcm[2*i+1])<<8)
	}
	return samples
}

// Complaints returns the warnings of decoders about a file with a stream.
func (c Coding) Complaints(t testing.TB, file string) (said []string) {
	t.Helper()
	for _, d := range c.decoders {
		args := slices.Clone(d.args)
		for i, arg := range args {
			args[i] = strings.ReplaceAll(arg, "IN", file)
		}
		ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, harness.Program(t, d.name), args...)
		cmd.Stderr = &out
		err := cmd.Run()
		cancel()
		var list []string
		for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\r' }) {
			if strings.TrimSpace(line) != "" && (d.chatter == nil || !d.chatter.MatchString(line)) {
				list = append(list, line)
			}
		}
		if err != nil {
			list = append(list, err.Error())
		}
		if len(list) > 0 {
			said = append(said, d.name+": "+strings.Join(list, "\n"))
		}
	}
	return said
}

// Save writes a stream into a new file with the codec's extension.
func (c Coding) Save(t testing.TB, stream []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stream"+c.Extension())
	if err := os.WriteFile(path, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// LengthOf returns how long a file plays.
func LengthOf(t testing.TB, file string) time.Duration {
	t.Helper()
	pcm, err := exec.Command(harness.Program(t, "ffmpeg"), "-v", "error", "-i", file, "-f", "s16le", "-ac", "1", "-ar", "8000", "-").Output()
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	return time.Duration(len(pcm)/2) * time.Second / 8000
}

// Record returns some seconds of audio from a mount, as a listener without metadata gets
// it, beginning with the burst.
func (c Coding) Record(t testing.TB, r *harness.Relay, mount string, seconds int) []byte {
	t.Helper()
	p := r.Tune(t, mount)
	defer p.Close()
	if got := p.Header["content-type"]; got != c.MediaType() {
		t.Fatalf("%s has the type %s, want %s", mount, got, c.MediaType())
	}
	var audio []byte
	for heard := c.Listen(); heard.Length < time.Duration(seconds)*time.Second; {
		piece, err := c.Piece(p)
		if err == nil {
			err = heard.Add(piece)
		}
		if err != nil {
			t.Fatalf("%s: %v after %v", mount, err, heard.Length)
		}
		audio = append(audio, piece...)
	}
	return audio
}

// EventuallyPlays waits until 3 s of a mount, from its burst on, are a tone of hertz, to 1
// percent.
func (c Coding) EventuallyPlays(t testing.TB, r *harness.Relay, mount string, hertz int) {
	t.Helper()
	harness.Eventually(t, fmt.Sprintf("a tone of %d Hz in %v on %s", hertz, c, mount), func() bool {
		if status, _, _ := r.Request(t, "HEAD", mount, "", ""); status != 200 {
			return false
		}
		pitch := harness.Pitch(c.Samples(t, c.Record(t, r, mount, 3)))
		return math.Abs(pitch-float64(hertz)) <= float64(hertz)/100
	})
}
