package feed

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/codec/known"
	"relay/conf"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

// The format that a source sends in place of MP3 is named to the operator and to the
// DJ, whether the source sends much of it, a little, or MP3 before it.
func TestOtherFormatsAreNamed(t *testing.T) {
	frame := func(size int, header ...byte) string {
		return string(header) + strings.Repeat("\x5a", size-len(header))
	}
	layer2 := frame(417, 0xff, 0xfd, 0x80, 0x04)
	aac := frame(371, 0xff, 0xf1, 0x50, 0x80, 371>>3, 371&7<<5|0x1f, 0xfc)
	free := frame(1253, 0xff, 0xfb, 0x00, 0x44)
	announced, _ := known.ByMediaType("audio/mpeg")
	tag := "ID3\x03\x00\x00\x00\x00\x20\x00" + strings.Repeat("x", 0x20<<7)
	for _, tt := range []struct {
		what, sent string
		want       string
		problem    error
	}{
		{"Layer II", strings.Repeat(layer2, 700), "MPEG Layer II", ErrNoAudio},
		{"AAC", strings.Repeat(aac, 800), "AAC (ADTS)", ErrNoAudio},
		{"free format", strings.Repeat(free, 300), "MP3 in free format", ErrNoAudio},
		{"a little of it", strings.Repeat(aac, 20), "AAC (ADTS)", ErrNoAudio},
		{"behind a tag", tag + strings.Repeat(aac, 200), "AAC (ADTS)", ErrNoAudio},
		{"after MP3", string(feedtest.Music(10*time.Second)) + strings.Repeat(layer2, 2000), "MPEG Layer II", ErrNoAudioAgain},
		{"an unknown format", strings.Repeat("what? ", noAudioAfter), "", ErrNoAudio},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				registry := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
				defer registry.Close()
				in, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
				if err != nil {
					t.Fatal(err)
				}
				_, err = Pump(zap.NewNop(), feedtest.InTime{Reader: strings.NewReader(tt.sent)}, announced, in, 10*time.Second)
				if !errors.Is(err, tt.problem) || !strings.Contains(err.Error(), tt.want) || tt.want != "" && strings.Contains(err.Error(), "no audio") {
					t.Error(err)
				}
			})
			if err := foreign([]byte(tt.sent)[len(tt.sent)/2:], announced, tt.problem, nil); !errors.Is(err, tt.problem) {
				t.Errorf("%v is not %v", err, tt.problem)
			}
		})
	}
	if err := foreign(bytes.Repeat([]byte{0}, 100), announced, ErrNoAudio, nil); err != ErrNoAudio {
		t.Error(err)
	}
}
