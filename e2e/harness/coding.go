package harness

import (
	"bytes"
	"fmt"
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
)

// A Coding is a codec with what its sources send and its listeners check: the options of
// ffmpeg that encode it, how a stream is cut into frames or pages, and the programs that
// decode it. A test can cut a source anywhere, and check every byte that a listener gets.
type Coding struct {
	codec.Codec
	Label      string // the Content-Type that sources send
	SampleRate int    // Hz

	encoder        []string // options of ffmpeg
	muxer, demuxer string   // of ffmpeg
	decoders       []decoder
	next           readPiece
}

// All codecs that the server plays.
var (
	MP3 = Coding{
		Codec: mp3.Codec, Label: "audio/mpeg", SampleRate: 44100, muxer: "mp3", demuxer: "mp3", next: readMP3,
		encoder: []string{"-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"},
		decoders: []decoder{
			{"ffmpeg", strings.Fields("-v warning -f mp3 -i IN -f null -"), estimate},
			{"mpg123", strings.Fields("-q -t IN"), nil},
		},
	}
	AAC = Coding{
		Codec: aac.Codec, Label: "audio/aac", SampleRate: 44100, muxer: "adts", demuxer: "aac", next: readADTS,
		encoder: []string{"-c:a", "aac", "-b:a", "96k", "-ar", "44100"},
		decoders: []decoder{strictFFmpeg("aac"), {"faad", strings.Fields("-w -o /dev/null IN"), regexp.MustCompile(
			`^ \*+|^ (Build|Copyright|http|bug tracking|Floating|This program|it under the)|file info:$|^ADTS, |^ +[-|]|% decoding|^Decoding .* took`)}},
	}
	Opus = Coding{
		Codec: ogg.Opus, Label: "application/ogg", SampleRate: 48000, muxer: "ogg", demuxer: "ogg", next: ReadOggPage,
		encoder:  []string{"-c:a", "libopus", "-b:a", "96k", "-ar", "48000"},
		decoders: []decoder{strictFFmpeg("ogg"), {"opusdec", strings.Fields("--quiet --force-wav IN /dev/null"), regexp.MustCompile(`^Decoding complete\.$`)}},
	}
	Vorbis = Coding{
		Codec: ogg.Vorbis, Label: "audio/ogg", SampleRate: 44100, muxer: "ogg", demuxer: "ogg", next: ReadOggPage,
		encoder:  []string{"-c:a", "libvorbis", "-b:a", "96k", "-minrate", "96k", "-maxrate", "96k", "-ar", "44100"},
		decoders: []decoder{strictFFmpeg("ogg"), {"oggdec", strings.Fields("--quiet --output /dev/null IN"), nil}},
	}
	FLAC = Coding{
		Codec: ogg.FLAC, Label: "audio/ogg; codecs=flac", SampleRate: 44100, muxer: "ogg", demuxer: "ogg", next: ReadOggPage,
		encoder:  []string{"-c:a", "flac", "-ar", "44100", "-sample_fmt", "s16"},
		decoders: []decoder{strictFFmpeg("ogg"), {"flac", strings.Fields("-t --ogg --silent IN"), regexp.MustCompile(`MD5 signature since it was unset|^\s*ok\s*$`)}},
	}
)

// Codings lists all codecs.
var Codings = []Coding{MP3, AAC, Opus, Vorbis, FLAC}

// BesideMP3 lists the codecs beside MP3.
var BesideMP3 = []Coding{AAC, Opus, Vorbis, FLAC}

// IsOgg reports whether a stream of the codec consists of pages and links.
func (c Coding) IsOgg() bool { return c.muxer == "ogg" }

// Mount returns the name of a mount for the codec, "/NAME.EXTENSION".
func (c Coding) Mount(name string) string { return "/" + name + c.Extension() }

// serials numbers the Ogg streams that are made, so that no two have the same serial.
var serials atomic.Uint32

// output returns ffmpeg's options for a stream to send.
func (c Coding) output(more ...string) []string {
	options := slices.Concat([]string{"-ac", "2"}, c.encoder, more)
	if c.IsOgg() {
		options = append(options, "-page_duration", "200000", "-serial_offset", strconv.Itoa(int(1000+serials.Add(1))))
	}
	return append(options, "-f", c.muxer)
}

// Make encodes what ffmpeg's arguments for an input describe, as a stream to send. more
// are additional options for the output.
func (c Coding) Make(t testing.TB, input []string, more ...string) []byte {
	t.Helper()
	return MakeAudio(t, input, c.output(more...)...)
}

// MakeAudio returns what ffmpeg makes of an input, by the arguments for its output.
func MakeAudio(t testing.TB, input []string, output ...string) []byte {
	t.Helper()
	cmd := exec.Command(Program(t, "ffmpeg"), slices.Concat([]string{"-v", "error", "-nostdin"}, input, output, []string{"-"})...)
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
	return c.Make(t, []string{"-f", "lavfi", "-i", Sine(hertz, length)}, "-metadata", "title="+title)
}

// Links returns one file of a tone for each title, as encoders write them that begin a
// new link at a title. The sine wave continues from each to the next.
func (c Coding) Links(t testing.TB, hertz int, length time.Duration, artist string, titles ...string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-nostdin", "-v", "error", "-f", "lavfi", "-i", Sine(hertz, length)}
	for i, title := range titles {
		file := filepath.Join(dir, strconv.Itoa(i)+c.Extension())
		args = append(append(args, c.output("-metadata", "artist="+artist, "-metadata", "title="+title)...), file)
		files = append(files, file)
	}
	if said, err := exec.Command(Program(t, "ffmpeg"), args...).CombinedOutput(); err != nil {
		t.Fatalf("make links: %v\n%s", err, said)
	}
	return files
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

// Broadcast starts an ffmpeg that sends a tone to a mount in real time until the test
// ends; options are additional ones for its output.
func (c Coding) Broadcast(t testing.TB, r *Relay, mount string, hertz int, options ...string) {
	t.Helper()
	label, _, _ := strings.Cut(c.Label, ";") // Icecast knows no parameters
	KeepRunning(t, exec.Command(Program(t, "ffmpeg"), slices.Concat(
		[]string{"-nostdin", "-v", "warning", "-re", "-f", "lavfi", "-i", Sine(hertz, time.Hour), "-ac", "2"},
		c.encoder, []string{"-content_type", label, "-f", c.muxer}, options,
		[]string{fmt.Sprintf("icecast://source:%s@%s%s", r.SourcePassword, r.Addr, mount)})...))
}
