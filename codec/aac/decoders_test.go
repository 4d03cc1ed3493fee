package aac_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unique"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/codectest"
)

// A decoder is a program that plays AAC.
type decoder struct {
	codectest.Decoder
	most int // channels that it plays at all
}

var ffmpeg = decoder{codectest.Decoder{
	Name: "ffmpeg",
	// Without these -err_detect flags ffmpeg hides what it could not decode.
	Check:   strings.Fields("-v warning -xerror -err_detect crccheck+bitstream+buffer+explode -f aac -i - -f null -"),
	Decode:  strings.Fields("-v error -f aac -i - -f s16le -"),
	Chatter: regexp.MustCompile(`^\[aac @ .*Estimating duration from bitrate`),
}, 8}

var decoders = []decoder{
	ffmpeg,
	{codectest.Decoder{
		Name:   "faad",
		Check:  strings.Fields("-w -o /dev/null -"),
		Decode: strings.Fields("-q -w -f 2 -"),
		Chatter: regexp.MustCompile(`^ \*+|^ (Build|Copyright|http|bug tracking|Floating|This program|it under the)|^ *$|` +
			`^(Reading from stdin|Input not seekable|Streamed input format|- file info|ADTS, )|^ +[-|]|% decoding|^Decoding .* took`),
	}, 8},
	{codectest.Decoder{
		Name:    "gst-launch-1.0",
		Check:   strings.Fields("-q fdsrc ! aacparse ! faad ! fakesink"),
		Decode:  strings.Fields("-q fdsrc ! aacparse ! faad ! audioconvert ! audio/x-raw,format=S16LE ! fdsink"),
		Chatter: regexp.MustCompile(`^$`),
	}, 2},
}

// Silent units decode to silence in every format.
func TestDecodersHearSilence(t *testing.T) {
	formats := []codec.Format{load(t, "pce-96-48000-quad")[0].Format, load(t, "main-96-44100-stereo")[0].Format}
	for _, rate := range []int{96000, 44100, 8000} {
		formats = append(formats, codec.Format{Codec: aac.Codec, SampleRate: rate, Channels: 2})
	}
	for configuration, channels := range []int{1, 2, 3, 4, 5, 6, 8} {
		setup := unique.Make(fmt.Sprintf("LC %d", configuration+1))
		formats = append(formats, codec.Format{Codec: aac.Codec, SampleRate: 48000, Channels: channels, Setup: setup})
	}
	for _, format := range formats {
		for _, bitRate := range []int{0, 64000} {
			t.Run(fmt.Sprint(format, " ", bitRate), func(t *testing.T) {
				u, ok := aac.Codec.Silence(format, bitRate)
				if !ok {
					t.Fatal("there is none")
				}
				data := bytes.Repeat(u.Data, 30)
				for _, d := range decoders {
					if format.Channels > d.most {
						continue
					}
					if said := d.Complaints(t, data); said != "" {
						t.Errorf("%s says:\n%s", d.Name, said)
					}
					if out := d.Samples(t, data); len(out) < 20*1024*2*format.Channels || len(bytes.Trim(out, "\x00")) > 0 {
						t.Errorf("%s makes %d bytes that are not silence", d.Name, len(out))
					}
				}
			})
		}
	}
}

// inTurns alternates between two programmes, starting and stopping at any unit, with
// silence between and units skipped.
func inTurns(a, b []codec.Unit) (data []byte) {
	s := aac.Codec.NewSplicer()
	for turn := range 60 {
		of := a
		if turn%2 == 1 {
			of = b
		}
		s.Cut()
		first := (turn*37 + 11) % (len(of) - 12)
		for i := range 12 {
			if i == 7 {
				s.Skip(of[first+i])
				continue
			}
			data = append(data, s.Pass(of[first+i])...)
		}
		if silent, ok := s.Silence(); ok && turn%3 == 0 {
			data = append(data, silent.Data...)
		}
	}
	return data
}

// Decoders take cuts, skips, silence and frames with a CRC without a word.
func TestDecodersAreSilentAcrossCuts(t *testing.T) {
	for _, names := range [][2]string{
		{"128-44100-stereo", "128-44100-stereo"}, {"128-44100-stereo", "mpeg2-64-44100-stereo"}, {"64-48000-mono", "64-48000-mono"},
		{"32-22050-mono", "32-22050-mono"}, {"16-8000-mono", "16-8000-mono"}, {"160-48000-5.1", "160-48000-5.1"}, {"160-48000-7.1", "160-48000-7.1"},
	} {
		a, b := load(t, names[0]), load(t, names[1])
		if a[0].Format != b[0].Format {
			t.Fatalf("%v are of unlike formats", names)
		}
		streams := map[string][]byte{"plain": inTurns(a, b), "protected": inTurns(protect(a), b)}
		for kind, data := range streams {
			for _, d := range decoders {
				// The first programme alone may already be too much for a decoder.
				if a[0].Format.Channels > d.most {
					continue
				}
				if said := d.Complaints(t, data); said != "" {
					t.Errorf("of %v, %s, %s says:\n%s", names, kind, d.Name, said)
				}
			}
		}
	}
}

// The tests above prove nothing about a decoder that never complains.
func TestDecodersComplainAboutDamage(t *testing.T) {
	list := load(t, "128-44100-stereo")
	for i := 20; i < 60; i++ {
		for n := 9; n < len(list[i].Data); n += 3 {
			list[i].Data[n] ^= 0x5a
		}
	}
	for _, d := range decoders {
		if d.Complaints(t, join(list)) == "" {
			t.Errorf("%s says nothing", d.Name)
		}
	}
}
