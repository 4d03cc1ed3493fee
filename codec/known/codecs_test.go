package known_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/known"
	"relay/codec/mp3"
	"relay/codec/ogg"
	"relay/conf"
)

// The configuration knows the same codecs.
func TestKeys(t *testing.T) {
	var keys []string
	for _, c := range known.Codecs {
		keys = append(keys, c.Key())
		if known.ByKey(c.Key()) != c {
			t.Errorf("%s is not found", c)
		}
	}
	if !slices.Equal(keys, conf.Codecs) || known.ByKey("") != nil {
		t.Errorf("codecs %q, and %q in the configuration", keys, conf.Codecs)
	}
}

func TestByMediaType(t *testing.T) {
	for contentType, want := range map[string]string{
		"audio/mpeg": "MP3", "Audio/MPEG": "MP3", "audio/mp3": "MP3", "audio/x-mpeg": "MP3", "audio/mpeg; charset=x": "MP3",
		"audio/MPA": "MP3", "mp3": "MP3", "mpeg": "MP3", `"audio/mpeg"`: "MP3", `'audio/mp3'`: "MP3", `"audio/mpeg; rate=44100"`: "MP3",
		`"audio/mpeg";x=y`: "MP3", "audio/mpeg, audio/mpeg": "MP3", " audio/mpeg ;": "MP3",
		"audio/aac": "AAC", "audio/aacp": "AAC", "audio/x-aac": "AAC", "audio/aac-adts": "AAC", `"audio/aac"`: "AAC", "AUDIO/AACP;rate=44100": "AAC",
		"application/ogg": "Ogg", "audio/ogg": "Ogg", "audio/ogg;codecs=opus": "Ogg", `audio/ogg; codecs="vorbis"`: "Ogg", "application/x-ogg": "Ogg", "audio/opus": "Ogg",
		"application/octet-stream": "", "Application/Octet-Stream; charset=binary": "", "binary/octet-stream": "", "": "", ";": "", `""`: "",
		"video/quicktime": "none", "text/html": "none", "application/json": "none", "audio/mp4": "none", "audio/mpegurl": "none", "audio/flac": "none", "video/ogg": "none", "audio/webm": "none",
	} {
		label, ok := known.ByMediaType(contentType)
		if got := label.Name; ok != (want != "none") || ok && got != want {
			t.Errorf("%q is %q, %v", contentType, got, ok)
		}
	}
}

// A stream without a label shows what it is; one with a label is nothing else.
func TestFramers(t *testing.T) {
	for file, want := range map[string]codec.Codec{
		"mp3/testdata/cbr-128-44100-stereo.mp3": mp3.Codec, "mp3/testdata/tags-64-44100-stereo.mp3": mp3.Codec,
		"aac/testdata/128-44100-stereo.aac": aac.Codec, "aac/testdata/tags-64-32000-stereo.aac": aac.Codec,
		"ogg/testdata/opus-ffmpeg-1.ogg": ogg.Opus, "ogg/testdata/vorbis-ffmpeg-1.ogg": ogg.Vorbis, "ogg/testdata/flac-ffmpeg-1.ogg": ogg.FLAC,
	} {
		b, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		if got, units := cut(known.Unlabelled, b); got != want || units < 3 {
			t.Errorf("%s is %v, %d units", file, got, units)
		}
		if f, err := known.Probe(bytes.NewReader(b)); err != nil || f.Codec != want {
			t.Errorf("%s is %v, %v", file, f, err)
		}
		for _, contentType := range []string{"audio/mpeg", "audio/aac", "application/ogg"} {
			label, _ := known.ByMediaType(contentType)
			got, units := cut(label, b)
			if is := slices.Contains(label.Codecs, want); is != (units > 0) || is && got != want {
				t.Errorf("%s as %s is %v, %d units", file, contentType, got, units)
			}
		}
	}
}

// cut returns how many units a stream has, and the codec of the first.
func cut(l known.Label, b []byte) (c codec.Codec, units int) {
	f := l.NewFramer()
	for len(b) > 0 {
		n := min(len(b), 1000)
		f.Write(b[:n])
		b = b[n:]
		for u, ok := f.Next(); ok; u, ok = f.Next() {
			if units++; units == 1 {
				c = u.Format.Codec
			}
		}
	}
	return c, units
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct{ f, want codec.Format }{
		{codec.Format{}, codec.Format{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}},
		{codec.Format{Codec: ogg.Opus}, codec.Format{Codec: ogg.Opus, SampleRate: 48000, Channels: 2}},
		{codec.Format{Codec: aac.Codec, SampleRate: 24000, Channels: 1}, codec.Format{Codec: aac.Codec, SampleRate: 24000, Channels: 1}},
	} {
		if got := known.Complete(tt.f); got != tt.want {
			t.Errorf("%v, want %v", got, tt.want)
		}
	}
}

func TestTagsInHeaders(t *testing.T) {
	for file, want := range map[string]bool{"ogg/testdata/opus-opusenc.ogg": true, "mp3/testdata/cbr-128-44100-stereo.mp3": false} {
		b, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		if got := known.Tags(bytes.NewReader(b)); (got != codec.Tags{}) != want {
			t.Errorf("%s has %+v", file, got)
		}
	}
}
