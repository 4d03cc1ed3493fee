package mp3_test

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"
	"testing"

	"relay/codec/codectest"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// A decoder is a program that plays MP3.
type decoder struct{ codectest.Decoder }

var decoders = []decoder{
	{codectest.Decoder{
		Name: "ffmpeg",
		// Without these -err_detect flags ffmpeg hides what it could not decode.
		Check:   strings.Fields("-v warning -xerror -err_detect crccheck+bitstream+buffer+explode -f mp3 -i - -f null -"),
		Decode:  strings.Fields("-v error -f mp3 -i - -f s16le -"),
		Chatter: regexp.MustCompile(`^$`),
	}},
	{codectest.Decoder{
		Name:   "mpg123",
		Check:  strings.Fields("-vv -t -"), // a single v does not report missing bytes
		Decode: strings.Fields("-q -s -"),
		Intro:  "\nPlaying MPEG stream 1 of 1: - ...\n",
		Chatter: regexp.MustCompile(`^$|^[>.] *[0-9]+[+-][0-9]|` + // progress
			`^Note: (New|Hardware) output format|^MPEG [12].[05], Layer: III, |^Channels: |^Bitrate: |^\[[0-9:]+\] Decoding of - finished.$`),
	}},
	{codectest.Decoder{
		Name:    "madplay",
		Check:   strings.Fields("-q -o null: -"),
		Decode:  strings.Fields("-Q -d -o raw:- -"),
		Chatter: regexp.MustCompile(`^MPEG Audio Decoder |^[0-9]+ frames decoded `),
	}},
}

// aired is a frame that was played.
type aired struct {
	data  []byte
	of    []mp3.Frame // the programme that the frame is from
	at    int         // the frame's place in it
	whole bool        // must sound as in the programme
}

// inTurns alternates between two programmes, starting and stopping at any frame.
func inTurns(a, b []mp3.Frame, play func(of []mp3.Frame, at int, cut bool) aired) (list []aired) {
	for turn := range 120 {
		of := a
		if turn%2 == 1 {
			of = b
		}
		first := (turn*37 + 11) % (len(of) - 12)
		for i := range 12 {
			list = append(list, play(of, first+i, i == 0))
		}
	}
	return list
}

func stream(list []aired) (data []byte) {
	for _, f := range list {
		data = append(data, f.data...)
	}
	return data
}

func raw(of []mp3.Frame, at int, _ bool) aired {
	return aired{of[at].Data, of, at, true}
}

func viaSplicer() func(of []mp3.Frame, at int, cut bool) aired {
	var s mp3.Splicer
	return func(of []mp3.Frame, at int, cut bool) aired {
		if cut {
			s.Cut()
		}
		f := of[at]
		f.Gap = false
		data := bytes.Clone(s.Pass(f))
		return aired{data, of, at, bytes.Equal(data, f.Data)}
	}
}

var pairs = [][2]string{
	{"cbr-128-44100-stereo", "tags-64-44100-stereo"},
	{"cbr-128-44100-stereo", "vbr-xing-44100-stereo"},
	{"cbr-32-22050-mono", "cbr-32-22050-mono"},
	{"cbr-16-8000-mono", "cbr-16-8000-mono"},
	{"crc-96-48000-stereo", "crc-96-48000-stereo"},
}

// More than a hundred cuts in a row. Decoders complain about the raw frames, and about
// nothing after a Splicer.
func TestDecodersAreSilentAcrossCuts(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair[0]+" "+pair[1], func(t *testing.T) {
			a, b := load(t, pair[0]), load(t, pair[1])
			var saidOfRaw string
			for _, d := range decoders {
				saidOfRaw += d.Complaints(t, stream(inTurns(a, b, raw)))
				if said := d.Complaints(t, stream(inTurns(a, b, viaSplicer()))); said != "" {
					t.Errorf("%s says:\n%s", d.Name, said)
				}
			}
			if saidOfRaw == "" {
				t.Error("raw cuts are taken in silence too, so it proves nothing")
			}
		})
	}
}

// alike compares samples. mpg123 rounds the same frame differently depending on its
// place in the stream, so a difference of one step is ignored.
func alike(a, b []byte) bool {
	for i := 0; i < len(a); i += 2 {
		step := int16(binary.LittleEndian.Uint16(a[i:])) - int16(binary.LittleEndian.Uint16(b[i:]))
		if step < -1 || step > 1 {
			return false
		}
	}
	return true
}

// programme decodes all frames of a programme.
func (d decoder) programme(t testing.TB, of []mp3.Frame) []byte {
	t.Helper()
	var data []byte
	for _, f := range of {
		data = append(data, f.Data...)
	}
	return d.Samples(t, data)
}

// compare decodes a stream and counts the frames that sound as in their programme,
// sample for sample. It leaves out the first two of each run of whole frames, because
// they overlap with the audio before.
func (d decoder) compare(t testing.TB, list []aired, programmes ...[]mp3.Frame) (same, different int) {
	t.Helper()
	decoded := map[*mp3.Frame][]byte{}
	for _, of := range programmes {
		decoded[&of[0]] = d.programme(t, of)
	}
	h := programmes[0][0].Header
	frame := h.Samples * h.Channels * 2 // bytes
	heard := d.Samples(t, stream(list))
	if len(heard) != len(list)*frame { // madplay leaves out the frames that it cannot decode
		t.Logf("%s decodes %d frames to %d bytes, want %d", d.Name, len(list), len(heard), len(list)*frame)
		return 0, len(list)
	}
	run := 0
	for i, f := range list {
		if !f.whole {
			run = 0
			continue
		}
		if run > 0 && (&f.of[0] != &list[i-1].of[0] || f.at != list[i-1].at+1) {
			run = 0
		}
		if run++; run <= 2 {
			continue
		}
		if alike(heard[i*frame:][:frame], decoded[&f.of[0]][f.at*frame:][:frame]) {
			same++
		} else {
			different++
		}
	}
	return same, different
}

// After a cut, every frame that is not muted sounds as in its programme.
func TestDecodersHearTheProgramme(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair[0]+" "+pair[1], func(t *testing.T) {
			a, b := load(t, pair[0]), load(t, pair[1])
			for _, d := range decoders {
				if _, different := d.compare(t, inTurns(a, b, raw), a, b); different == 0 {
					t.Errorf("%s plays raw cuts right, so the rest proves nothing", d.Name)
				}
				if same, different := d.compare(t, inTurns(a, b, viaSplicer()), a, b); different > 0 || same < 120*4 {
					t.Errorf("%s: through a Splicer %d frames differ, %d are the same", d.Name, different, same)
				}
			}
		})
	}
}

// Silent and numbered frames decode to silence in every format.
func TestDecodersHearSilence(t *testing.T) {
	formats := map[mp3.Header][]byte{}
	for _, h := range everyFormat() {
		key := h
		key.BitRate, key.Size = 0, 0
		formats[key] = append(formats[key], mp3.Silence(h)...)
		if h.Size >= h.MainData()+40 {
			formats[key] = append(formats[key], frametest.Numbered(h, 1<<40+uint64(h.Size))...)
		}
	}
	for h, data := range formats {
		for _, d := range decoders {
			if said := d.Complaints(t, data); said != "" {
				t.Errorf("of %+v %s says:\n%s", h, d.Name, said)
			}
			if out := d.Samples(t, data); len(out) == 0 || len(bytes.Trim(out, "\x00")) > 0 {
				t.Errorf("of %+v %s makes %d bytes that are not silence", h, d.Name, len(out))
			}
		}
	}
}

// ffmpeg does check the CRC when asked to, so its silence about muted frames counts.
func TestDecoderChecksTheCRC(t *testing.T) {
	var data []byte
	for i, f := range load(t, "crc-96-48000-stereo") {
		if i == 20 {
			f.Data[mp3.HeaderSize] ^= 1
		}
		data = append(data, f.Data...)
	}
	if decoders[0].Complaints(t, data) == "" {
		t.Error("ffmpeg says nothing about a wrong CRC")
	}
}
