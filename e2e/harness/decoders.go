package harness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/codec/aac"
)

// A decoder is a program that checks a stream of a codec.
type decoder struct {
	name    string
	args    []string       // IN is a file with the stream, which is also its standard input
	chatter *regexp.Regexp // what it prints about a stream without faults; nil: nothing
}

// estimate is what ffmpeg says of streams that do not give their length.
var estimate = regexp.MustCompile(`Estimating duration from bitrate`)

// strictFFmpeg is ffmpeg with the options without which it hides what it cannot decode. It
// reads a pipe, as a listener does: of a file it reads the end first, where it does not know
// the link.
func strictFFmpeg(demuxer string) decoder {
	return decoder{"ffmpeg", strings.Fields("-v warning -err_detect crccheck+bitstream+buffer+explode -f " + demuxer + " -i - -f null -"), estimate}
}

// complaints returns the warnings of the decoder about a file.
func (d decoder) complaints(t testing.TB, file string) (said []string) {
	t.Helper()
	args := slices.Clone(d.args)
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "IN", file)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	var out bytes.Buffer
	stream, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	cmd := exec.CommandContext(ctx, Program(t, d.name), args...)
	cmd.Stdin, cmd.Stderr = struct{ io.Reader }{stream}, &out // a pipe
	err = cmd.Run()
	said = withoutChatter(out.String(), d.chatter)
	if err != nil {
		said = append(said, err.Error())
	}
	return said
}

// withoutChatter returns the lines of an output that have something and are no chatter.
func withoutChatter(out string, chatter *regexp.Regexp) (said []string) {
	for _, line := range strings.FieldsFunc(out, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.TrimSpace(line) != "" && (chatter == nil || !chatter.MatchString(line)) {
			said = append(said, line)
		}
	}
	return said
}

// Complaints returns the warnings of decoders about a file with a stream.
func (c Coding) Complaints(t testing.TB, file string) (said []string) {
	t.Helper()
	for _, d := range c.decoders {
		if list := d.complaints(t, file); len(list) > 0 {
			said = append(said, d.name+": "+strings.Join(list, "\n"))
		}
	}
	return said
}

// Samples decodes a stream to mono samples at 44.1 kHz. A warning of ffmpeg fails the test.
func (c Coding) Samples(t testing.TB, stream []byte) []int16 {
	t.Helper()
	return c.samples(t, stream)
}

func (c Coding) samples(t testing.TB, stream []byte, options ...string) []int16 {
	t.Helper()
	cmd := exec.Command(Program(t, "ffmpeg"), slices.Concat([]string{"-v", "warning", "-f", c.demuxer, "-i", "-"}, options, []string{"-f", "s16le", "-ac", "1", "-ar", "44100", "-"})...)
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stream), &said
	pcm, err := cmd.Output()
	if complaints := withoutChatter(said.String(), estimate); err != nil || len(complaints) > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, strings.Join(complaints, "\n"))
	}
	return samplesOf(pcm)
}

// Decode decodes what a listener got, from whichever server, to mono samples at 44.1 kHz. A
// complaint of ffmpeg, or of the codec's own decoders, fails the test. An incomplete frame
// or page at the end is left out.
func (c Coding) Decode(t testing.TB, stream []byte) []int16 {
	t.Helper()
	return c.decodeWhole(t, c.whole(t, stream))
}

// DecodeFrames is Decode for a stream of AAC that may also begin within a frame, as Icecast
// lets listeners join.
func DecodeFrames(t testing.TB, stream []byte) []int16 {
	t.Helper()
	var whole []byte
	f := aac.Codec.NewFramer()
	f.Write(stream)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		whole = append(whole, u.Data...)
	}
	return AAC.decodeWhole(t, whole)
}

func (c Coding) decodeWhole(t testing.TB, stream []byte) []int16 {
	t.Helper()
	file := c.Save(t, stream)
	for _, d := range c.decoders {
		if d.name == "ffmpeg" {
			continue // below
		}
		if said := d.complaints(t, file); len(said) > 0 {
			t.Errorf("%s: %s", d.name, strings.Join(said, "\n"))
		}
	}
	// ffmpeg believes that Ogg FLAC begins at 0, and its muxer warns of the first position
	// that is much later; asetpts ignores positions.
	return c.samples(t, stream, "-af", "asetpts=N/SR/TB")
}

// whole leaves out the incomplete frame or page at the end.
func (c Coding) whole(t testing.TB, stream []byte) []byte {
	t.Helper()
	for in, end := bytes.NewReader(stream), 0; ; end = len(stream) - in.Len() {
		switch _, err := c.next(in); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return stream[:end]
		case err != nil:
			t.Errorf("at byte %d of %d: %v", end, len(stream), err)
			return stream
		}
	}
}

// LengthOf returns how long a file plays.
func LengthOf(t testing.TB, file string) time.Duration {
	t.Helper()
	pcm, err := exec.Command(Program(t, "ffmpeg"), "-v", "error", "-i", file, "-f", "s16le", "-ac", "1", "-ar", "8000", "-").Output()
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	return time.Duration(len(pcm)/2) * time.Second / 8000
}
