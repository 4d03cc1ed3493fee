package frames_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"relay/frames"
	"relay/frames/frametest"
)

// A decoder is a program that plays MP3 from its standard input.
type decoder struct {
	name    string
	check   []string       // says on standard error what is wrong with the stream
	decode  []string       // writes 16 bit samples to standard output
	chatter *regexp.Regexp // what check says about a stream that is right
}

var decoders = []decoder{
	{
		name: "ffmpeg",
		// Without these -err_detect flags ffmpeg hides what it could not decode.
		check:   strings.Fields("-v warning -xerror -err_detect crccheck+bitstream+buffer+explode -f mp3 -i - -f null -"),
		decode:  strings.Fields("-v error -f mp3 -i - -f s16le -"),
		chatter: regexp.MustCompile(`^$`),
	},
	{
		name:   "mpg123",
		check:  strings.Fields("-vv -t -"), // one v does not tell of missing bytes
		decode: strings.Fields("-q -s -"),
		chatter: regexp.MustCompile(`^$|^[>.] *[0-9]+[+-][0-9]|` + // progress
			`^Note: (New|Hardware) output format|^MPEG [12].[05], Layer: III, |^Channels: |^Bitrate: |^\[[0-9:]+\] Decoding of - finished.$`),
	},
}

// run returns what the decoder writes to standard output and standard error.
// A program that is not there skips the test, or fails it where every one must
// be there.
func (d decoder) run(t testing.TB, args []string, mp3 []byte) (out, said []byte) {
	t.Helper()
	path, err := exec.LookPath(d.name)
	if err != nil {
		if os.Getenv("RELAY_E2E_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(mp3), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(&stderr, err)
	}
	return stdout.Bytes(), stderr.Bytes()
}

// complaints returns all that the decoder says which it does not say about
// every stream.
func (d decoder) complaints(t testing.TB, mp3 []byte) string {
	t.Helper()
	_, said := d.run(t, d.check, mp3)
	if d.name == "mpg123" { // its own introduction ends here
		_, after, begun := strings.Cut(string(said), "\nPlaying MPEG stream 1 of 1: - ...\n")
		if !begun {
			return string(said)
		}
		said = []byte(after)
	}
	var list []string
	for _, line := range strings.FieldsFunc(string(said), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if !d.chatter.MatchString(line) {
			list = append(list, line)
		}
	}
	return strings.Join(list, "\n")
}

// samples decodes a stream.
func (d decoder) samples(t testing.TB, mp3 []byte) []byte {
	t.Helper()
	out, _ := d.run(t, d.decode, mp3)
	return out
}

// aired is a frame as it was played.
type aired struct {
	data  []byte
	of    []frames.Frame // the programme it is from
	at    int            // where in it
	whole bool           // to be heard as in the programme
}

// inTurns plays two programmes in turns, each time from and to anywhere.
func inTurns(a, b []frames.Frame, play func(of []frames.Frame, at int, cut bool) aired) (list []aired) {
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

func stream(list []aired) (mp3 []byte) {
	for _, f := range list {
		mp3 = append(mp3, f.data...)
	}
	return mp3
}

func raw(of []frames.Frame, at int, _ bool) aired {
	return aired{of[at].Data, of, at, true}
}

func viaSplicer() func(of []frames.Frame, at int, cut bool) aired {
	var s frames.Splicer
	return func(of []frames.Frame, at int, cut bool) aired {
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

// More than a hundred cuts in a row. Raw, decoders complain; through a Splicer
// they have nothing to say.
func TestDecodersAreSilentAcrossCuts(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair[0]+" "+pair[1], func(t *testing.T) {
			a, b := load(t, pair[0]), load(t, pair[1])
			var saidOfRaw string
			for _, d := range decoders {
				saidOfRaw += d.complaints(t, stream(inTurns(a, b, raw)))
				if said := d.complaints(t, stream(inTurns(a, b, viaSplicer()))); said != "" {
					t.Errorf("%s says:\n%s", d.name, said)
				}
			}
			if saidOfRaw == "" {
				t.Error("raw cuts are taken in silence too, so it proves nothing")
			}
		})
	}
}

// alike compares samples. mpg123 rounds the same frame differently by its place
// in the stream, so one step is no difference.
func alike(a, b []byte) bool {
	for i := 0; i < len(a); i += 2 {
		step := int16(binary.LittleEndian.Uint16(a[i:])) - int16(binary.LittleEndian.Uint16(b[i:]))
		if step < -1 || step > 1 {
			return false
		}
	}
	return true
}

// After a cut every frame that is not muted sounds as in its programme, sample
// for sample, but for the first two: they overlap with what was before.
func TestDecodersHearTheProgramme(t *testing.T) {
	for _, pair := range pairs {
		t.Run(pair[0]+" "+pair[1], func(t *testing.T) {
			a, b := load(t, pair[0]), load(t, pair[1])
			for _, d := range decoders {
				programme := map[*frames.Frame][]byte{}
				for _, of := range [][]frames.Frame{a, b} {
					var mp3 []byte
					for _, f := range of {
						mp3 = append(mp3, f.Data...)
					}
					programme[&of[0]] = d.samples(t, mp3)
				}
				frame := a[0].Samples * a[0].Channels * 2 // bytes
				compare := func(list []aired) (same, different int) {
					heard := d.samples(t, stream(list))
					if len(heard) != len(list)*frame {
						t.Fatalf("%s decodes %d frames to %d bytes, want %d", d.name, len(list), len(heard), len(list)*frame)
					}
					run := 0
					for i, f := range list {
						if i > 0 && (&f.of[0] != &list[i-1].of[0] || f.at != list[i-1].at+1) {
							run = 0
						}
						if !f.whole {
							run = 0
							continue
						}
						if run++; run <= 2 {
							continue
						}
						if alike(heard[i*frame:][:frame], programme[&f.of[0]][f.at*frame:][:frame]) {
							same++
						} else {
							different++
						}
					}
					return same, different
				}
				if _, different := compare(inTurns(a, b, raw)); different == 0 {
					t.Errorf("%s plays raw cuts right, so the rest proves nothing", d.name)
				}
				if same, different := compare(inTurns(a, b, viaSplicer())); different > 0 || same < 120*4 {
					t.Errorf("%s: through a Splicer %d frames differ, %d are the same", d.name, different, same)
				}
			}
		})
	}
}

// Silence, and numbered frames, are what they seem, in every format.
func TestDecodersHearSilence(t *testing.T) {
	formats := map[frames.Header][]byte{}
	for _, h := range everyFormat() {
		key := h
		key.BitRate, key.Size = 0, 0
		formats[key] = append(formats[key], frames.Silence(h)...)
		if h.Size >= h.MainData()+40 {
			formats[key] = append(formats[key], frametest.Numbered(h, 1<<40+uint64(h.Size))...)
		}
	}
	for h, mp3 := range formats {
		for _, d := range decoders {
			if said := d.complaints(t, mp3); said != "" {
				t.Errorf("of %+v %s says:\n%s", h, d.name, said)
			}
			if out := d.samples(t, mp3); len(out) == 0 || len(bytes.Trim(out, "\x00")) > 0 {
				t.Errorf("of %+v %s makes %d bytes that are not silence", h, d.name, len(out))
			}
		}
	}
}

// ffmpeg checks the CRC it is asked to check, so its silence about muted
// frames is worth something.
func TestDecoderChecksTheCRC(t *testing.T) {
	var mp3 []byte
	for i, f := range load(t, "crc-96-48000-stereo") {
		if i == 20 {
			f.Data[frames.HeaderSize] ^= 1
		}
		mp3 = append(mp3, f.Data...)
	}
	if decoders[0].complaints(t, mp3) == "" {
		t.Error("ffmpeg says nothing about a wrong CRC")
	}
}
