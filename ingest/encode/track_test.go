package encode

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// opening returns a function that opens audio, and counts how often.
func opening(audio []byte, times *int) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		*times++
		return io.NopCloser(iotest.DataErrReader(bytes.NewReader(audio))), nil
	}
}

func numberedTrack(h mp3.Header, frames uint64) []byte {
	audio := append([]byte("ID3\x04\x00\x00\x00\x00\x20\x00"), make([]byte, 32<<7)...)
	for n := range frames {
		audio = append(audio, frametest.Numbered(h, n+1)...)
	}
	return audio
}

// heard returns the length of audio and its formats.
func heard(t *testing.T, audio []byte) (length time.Duration, formats map[codec.Format]int) {
	t.Helper()
	cutter := mp3.Codec.NewFramer()
	cutter.Write(audio)
	cutter.Finish()
	formats = map[codec.Format]int{}
	for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
		length += f.Length
		formats[f.Format]++
	}
	return length, formats
}

func TestTrackIsConverted(t *testing.T) {
	c, _ := converting(t, "")
	track, opened := numberedTrack(mono48, 2500), 0 // 60 s
	audio, err := c.Track(t.Context(), opening(track, &opened), stereo44.Format(), 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(audio)
	audio.Close()
	length, formats := heard(t, got)
	if err != nil || opened != 1 || len(formats) != 1 || formats[stereo44.Format()] == 0 || length < time.Minute || length > time.Minute+200*time.Millisecond {
		t.Errorf("%v of %v, opened %d times, %v", length, formats, opened, err)
	}
	if c.started.Load() != 1 || c.ended.Load() != 1 || c.failed.Load() != 0 {
		t.Errorf("%d of %d conversions have ended, %d failed", c.ended.Load(), c.started.Load(), c.failed.Load())
	}
}

// A track that has the format, or has no frame, comes as it is.
func TestTrackStaysAsItIs(t *testing.T) {
	c, _ := converting(t, "exit 3")
	for name, track := range map[string][]byte{
		"the same format": numberedTrack(stereo44, 100), "no frame": []byte("not music at all"), "empty": nil,
	} {
		opened := 0
		audio, err := c.Track(t.Context(), opening(track, &opened), stereo44.Format(), 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(audio)
		audio.Close()
		if err != nil || !bytes.Equal(got, track) || opened != 1 || c.started.Load() > 0 {
			t.Errorf("%s: %d bytes of %d, opened %d times, %v", name, len(got), len(track), opened, err)
		}
	}
	broken := errors.New("the disk is broken")
	audio, err := c.Track(t.Context(), func() (io.ReadCloser, error) { return nil, broken }, stereo44.Format(), 0)
	if audio != nil || !errors.Is(err, broken) {
		t.Errorf("%v, %v", audio, err)
	}
}

// Where the encoder gives nothing, the track plays in its own format. Where it dies
// later, the track ends early.
func TestTrackConversionFails(t *testing.T) {
	if err := Installed(); err != nil {
		t.Skip(err)
	}
	for shell, want := range map[string]string{
		"exit 3":                                 "",
		"exec sleep 600":                         "",
		"exec cat >/dev/null":                    "",
		"exec head -c 20000":                     "it stopped by itself",
		"head -c 20000; echo broken >&2; exit 1": "it said: broken",
		"head -c 20000; exec sleep 600":          "the encoder sent nothing for 1s",
	} {
		t.Run(shell, func(t *testing.T) {
			c, logs := converting(t, shell)
			c.patience = time.Second
			track, opened := numberedTrack(mono48, 2500), 0
			audio, err := c.Track(t.Context(), opening(track, &opened), stereo44.Format(), 0)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(audio)
			audio.Close()
			switch {
			case want == "" && (err != nil || !bytes.Equal(got, track) || opened != 2 || logs.Len() != 1 || c.failed.Load() != 1):
				t.Errorf("%d bytes of %d, opened %d times, logged %v, %v", len(got), len(track), opened, logs.All(), err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want) || opened != 1):
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// What must not play in its own format fails where it cannot be converted.
func TestConvertOrFail(t *testing.T) {
	if err := Installed(); err != nil {
		t.Skip(err)
	}
	for shell, fails := range map[string]bool{"": false, "exit 3": true, "exec head -c 20000": true} {
		c, _ := converting(t, shell)
		audio := c.Convert(t.Context(), io.NopCloser(bytes.NewReader(numberedTrack(mono48, 2500))), stereo44.Format())
		got, err := io.ReadAll(audio)
		audio.Close()
		h, ok := mp3.ParseHeader(got)
		if (err != nil) != fails || !fails && (!ok || h.Format() != stereo44.Format()) {
			t.Errorf("by %q: %d bytes of %v, %v", shell, len(got), h.Format(), err)
		}
	}
}

// A reader that stops reading does not make the encoder fail; closing ends it.
func TestTrackThatIsNotRead(t *testing.T) {
	c, _ := converting(t, "")
	c.patience = time.Second
	opened := 0
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	audio, err := c.Track(ctx, opening(numberedTrack(mono48, 25000), &opened), stereo44.Format(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.ReadFull(audio, make([]byte, 1000)); err != nil {
		t.Fatal(n, err)
	}
	time.Sleep(2 * c.patience) // a live source has the air
	if n, err := io.ReadFull(audio, make([]byte, 100_000)); err != nil {
		t.Errorf("after a pause: %d bytes, %v", n, err)
	}
	audio.Close()
	if c.ended.Load() != 1 {
		t.Error("the encoder still runs")
	}
}
