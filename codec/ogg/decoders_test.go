package ogg_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/codectest"
	"relay/codec/ogg"
)

// A decoder is a program that checks an Ogg stream.
type decoder struct {
	name    string
	codecs  []codec.Codec
	check   []string       // IN is a file with the stream
	chatter *regexp.Regexp // what check prints about a stream without faults
}

var decoders = []decoder{
	{
		name:   "ffmpeg",
		codecs: []codec.Codec{ogg.Opus, ogg.Vorbis, ogg.FLAC},
		// Without these -err_detect flags ffmpeg hides what it could not decode.
		check:   strings.Fields("-v warning -xerror -err_detect crccheck+bitstream+buffer+explode -i IN -f null -"),
		chatter: regexp.MustCompile(`^$`),
	},
	{
		name:   "opusdec",
		codecs: []codec.Codec{ogg.Opus},
		check:  strings.Fields("--quiet --force-wav IN /dev/null"),
		// opusdec says Decoding complete even when it is quiet.
		chatter: regexp.MustCompile(`^$|^Decoding complete\.$`),
	},
	{
		name:    "oggdec",
		codecs:  []codec.Codec{ogg.Vorbis},
		check:   strings.Fields("--quiet --output /dev/null IN"),
		chatter: regexp.MustCompile(`^$`),
	},
	{
		name:    "ogg123",
		codecs:  []codec.Codec{ogg.Vorbis, ogg.FLAC}, // Debian builds it without Opus
		check:   strings.Fields("-q -d null IN"),
		chatter: regexp.MustCompile(`^$`),
	},
	{
		name:    "flac",
		codecs:  []codec.Codec{ogg.FLAC},
		check:   strings.Fields("-t --ogg --silent IN"),
		chatter: regexp.MustCompile(`^$|cannot check MD5 signature since it was unset in the STREAMINFO|^\s*ok\s*$`),
	},
	{
		name:    "ogginfo",
		codecs:  []codec.Codec{ogg.Opus, ogg.Vorbis, ogg.FLAC},
		check:   strings.Fields("-q IN"), // without a line if there is no fault
		chatter: regexp.MustCompile(`^$|^Processing file `),
	},
	{
		name:    "gst-launch-1.0",
		codecs:  []codec.Codec{ogg.Opus, ogg.Vorbis, ogg.FLAC},
		check:   strings.Fields("-q filesrc location=IN ! decodebin ! fakesink"),
		chatter: regexp.MustCompile(`^$`),
	},
}

// save writes a stream to a file.
func save(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stream.ogg")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// complaints returns the decoder's output without the lines that it prints about every
// stream.
func (d decoder) complaints(t testing.TB, data []byte) string {
	t.Helper()
	if d.name == "ogginfo" {
		data = ended(t, data)
	}
	in := save(t, data)
	args := make([]string, len(d.check))
	for i, arg := range d.check {
		args[i] = strings.ReplaceAll(arg, "IN", in)
	}
	said, err := exec.CommandContext(codectest.Within(t), codectest.Program(t, d.name), args...).CombinedOutput()
	complaints := codectest.WithoutChatter(string(said), d.chatter)
	if err != nil {
		complaints = strings.TrimPrefix(complaints+"\n"+err.Error(), "\n")
	}
	return complaints
}

// ended sets the EOS flag, which a stream without end does not have, on the last page of
// each link.
func ended(t testing.TB, data []byte) []byte {
	t.Helper()
	all := pages(t, data)
	return edit(t, data, func(i int, p []byte) {
		if i == len(all)-1 || all[i+1][5]&2 != 0 {
			p[5] |= 4
		}
	})
}

// mustPlay fails if a decoder complains.
func mustPlay(t *testing.T, c codec.Codec, data []byte) {
	t.Helper()
	for _, d := range decoders {
		for _, of := range d.codecs {
			if of == c {
				if said := d.complaints(t, data); said != "" {
					t.Errorf("%s says:\n%s", d.name, said)
				}
			}
		}
	}
}

// heard returns how long ffmpeg plays a stream.
func heard(t testing.TB, data []byte) time.Duration {
	t.Helper()
	cmd := exec.Command(codectest.Program(t, "ffmpeg"), "-v", "error", "-i", save(t, data), "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, said.Bytes())
	}
	return time.Duration(len(out)/2) * time.Second / 48000
}

// samples returns what ffmpeg plays, in 16 bits.
func samples(t testing.TB, data []byte) []byte {
	t.Helper()
	out, err := exec.Command(codectest.Program(t, "ffmpeg"), "-v", "error", "-i", save(t, data), "-f", "s16le", "-").Output()
	if err != nil {
		t.Fatal(fmt.Errorf("ffmpeg: %w", err))
	}
	return out
}
