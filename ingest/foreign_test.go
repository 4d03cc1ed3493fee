package ingest

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// What a source sends in place of MP3 is named to the operator and to the DJ, whether it
// sends much of it, a little, or MP3 before.
func TestOtherFormatsAreNamed(t *testing.T) {
	frame := func(size int, header ...byte) string {
		return string(header) + strings.Repeat("\x5a", size-len(header))
	}
	layer2 := frame(417, 0xff, 0xfd, 0x80, 0x04)
	aac := frame(371, 0xff, 0xf1, 0x50, 0x80, 371>>3, 371&7<<5|0x1f, 0xfc)
	free := frame(1253, 0xff, 0xfb, 0x00, 0x44)
	tag := "ID3\x03\x00\x00\x00\x00\x20\x00" + strings.Repeat("x", 0x20<<7)
	for _, tt := range []struct {
		what, sent string
		want       string
		problem    error
	}{
		{"Layer II", strings.Repeat(layer2, 700), "MPEG Layer II", errNotMP3},
		{"AAC", strings.Repeat(aac, 800), "AAC (ADTS)", errNotMP3},
		{"free format", strings.Repeat(free, 300), "MP3 in free format", errNotMP3},
		{"a little of it", strings.Repeat(aac, 20), "AAC (ADTS)", errNotMP3},
		{"behind a tag", tag + strings.Repeat(aac, 200), "AAC (ADTS)", errNotMP3},
		{"after MP3", string(music(10*time.Second)) + strings.Repeat(layer2, 2000), "MPEG Layer II", errNoMP3Again},
		{"nobody knows what", strings.Repeat("what? ", noMP3After), "", errNotMP3},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live := conf.NewLive(conf.Default())
				registry := mounts.NewRegistry(live, zap.NewNop())
				defer registry.Close()
				s := &Sources{Registry: registry, Gate: auth.NewGate(live), Log: zap.NewNop(), Conf: live, Refusals: NewRefusals()}
				in, err := s.attach("/live", http.Header{}, "192.0.2.1", "source")
				if err != nil {
					t.Fatal(err)
				}
				_, conn := net.Pipe()
				defer conn.Close()
				s.play(conn, inTime{strings.NewReader(tt.sent)}, http.Header{}, in, zap.NewNop())
				got, ok := s.Refusals.Last("/live")
				if !ok || !strings.Contains(got.Reason, tt.want) || tt.want != "" && strings.Contains(got.Reason, "no MP3 frame") {
					t.Errorf("%+v", got)
				}
			})
			if err := notMP3([]byte(tt.sent)[len(tt.sent)/2:], tt.problem, nil); !errors.Is(err, tt.problem) {
				t.Errorf("%v is not %v", err, tt.problem)
			}
		})
	}
	if err := notMP3(bytes.Repeat([]byte{0}, 100), errNotMP3, nil); err != errNotMP3 {
		t.Error(err)
	}
}
