package aac_test

import (
	"fmt"
	"testing"

	"relay/codec"
	"relay/codec/aac"
)

// encode returns the units of a sound that ffmpeg makes, without the frames at both ends.
func encode(t testing.TB, source, filter string, bitRate int) []codec.Unit {
	t.Helper()
	out, said := ffmpeg.Run(t, []string{"-v", "error", "-f", "lavfi", "-i", source, "-t", "1.5", "-af", filter, "-c:a", "aac", "-b:a", fmt.Sprint(bitRate), "-f", "adts", "-"}, nil)
	if len(said) > 0 {
		t.Fatalf("%s", said)
	}
	list, _, _ := cut(out, len(out))
	return list[5 : len(list)-3]
}

func TestLouderIsNotLess(t *testing.T) {
	for _, tt := range []struct {
		source  string
		rate    int
		layout  string
		bitRate int
	}{
		{"anoisesrc=c=pink", 44100, "stereo", 128000}, {"anoisesrc=c=pink", 44100, "mono", 48000}, {"anoisesrc=c=white", 48000, "stereo", 96000},
		{"anoisesrc=c=pink", 22050, "mono", 24000}, {"anoisesrc=c=pink", 44100, "5.1", 256000},
	} {
		before := codec.DigitalSilence
		line := ""
		for _, volume := range []int{-70, -60, -50, -40, -30, -20, -10, 0} {
			sum, list := 0, encode(t, tt.source, fmt.Sprintf("aformat=sample_rates=%d:channel_layouts=%s,volume=%ddB", tt.rate, tt.layout, volume), tt.bitRate)
			for _, u := range list {
				level := aac.Codec.Level(u)
				if level < -59 || level > 0 {
					t.Fatalf("%v: a unit has %d dB", tt, level)
				}
				sum += level
			}
			level := sum / len(list)
			line += fmt.Sprint(" ", level)
			if level < before-3 {
				t.Errorf("%v: %d dB after %d dB, with 10 dB more", tt, level, before)
			}
			before = level
		}
		t.Logf("%v:%s", tt, line)
	}
}

func TestSilenceHasNoLevel(t *testing.T) {
	for _, layout := range []string{"mono", "stereo", "5.1"} {
		for _, u := range encode(t, "anullsrc", "aformat=sample_rates=44100:channel_layouts="+layout, 64000) {
			if level := aac.Codec.Level(u); level != codec.DigitalSilence {
				t.Fatalf("%s: %d dB", layout, level)
			}
		}
	}
	u := load(t, "128-44100-stereo")[5]
	for name, damaged := range map[string]codec.Unit{"no frame": {Data: []byte("no frame")}, "nothing": {}, "half of one": {Data: u.Data[:100]}} {
		if level := aac.Codec.Level(damaged); level != codec.DigitalSilence {
			t.Errorf("%s: %d dB", name, level)
		}
	}
}

// No encoder's output of music is near silence or the upper limit.
func TestLevelOfEncoderOutputs(t *testing.T) {
	for name := range encoderOutputs {
		sum, list := 0, load(t, name)
		list = list[5 : len(list)-3]
		for _, u := range list {
			sum += aac.Codec.Level(u)
		}
		if level := sum / len(list); level < -50 || level > -2 {
			t.Errorf("%s has %d dB", name, level)
		}
	}
}
