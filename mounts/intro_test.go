package mounts

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/mp3/frametest"
)

// introOf returns a mount with an intro and a source, and the intro's file.
func introOf(t *testing.T, mp3 []byte, c Converter) (m *Mount, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "welcome.mp3")
	if err := os.WriteFile(file, mp3, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRegistry(t, "[[mount]]\nname = '/live'\nintro_file = '"+file+"'")
	r.ConvertWith(c)
	return attach(t, r, "/live", LiveSource).Mount, file
}

func TestIntroIsReadAgainWhenItChanges(t *testing.T) {
	h := frametest.Header(128000, 44100, 2)
	mp3 := func(n int) (b []byte) {
		b = append(b, "ID3\x04\x00\x00\x00\x00\x00\x02xx"...)
		for i := range n {
			b = append(b, frametest.Numbered(h, uint64(i))...)
		}
		return b
	}
	m, file := introOf(t, mp3(10), nil)
	first := m.Intro()
	if first == nil || first.Duration != 10*h.Duration() || first.Stream.End() != 10*int64(h.Size) || !first.Stream.Ended() {
		t.Fatalf("got %+v", first)
	}
	if m.Intro() != first {
		t.Error("it is read again though nothing has changed")
	}
	if err := os.WriteFile(file, mp3(20), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := m.Intro(); got == nil || got.Duration != 20*h.Duration() {
		t.Errorf("after a change: %+v", got)
	}
	if err := os.WriteFile(file, []byte("no music"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m.Intro() != nil {
		t.Error("a file without frames is an intro")
	}
	os.Remove(file)
	if m.Intro() != nil {
		t.Error("a file that is gone is an intro")
	}
	if err := os.WriteFile(file, mp3(10), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Chtimes(file, time.Now(), time.Now().Add(time.Hour))
	if m.Intro() == nil {
		t.Error("it does not come back")
	}
}

// If the disk does not answer, one listener waits a moment, and later ones not at all.
func TestNobodyWaitsForAnIntro(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := introOf(t, frametest.Numbered(frametest.Header(128000, 44100, 2), 1), nil)
		known := m.Intro()
		if known == nil {
			t.Fatal("no intro")
		}
		hanging := make(chan struct{})
		m.introFile.looking = hanging
		for _, want := range []time.Duration{introPatience, 0, 0} {
			began := time.Now()
			if m.Intro() != known {
				t.Error("the intro that is known is not played")
			}
			if waited := time.Since(began); waited != want {
				t.Errorf("a listener waited %v, want %v", waited, want)
			}
		}
		m.lookAtIntro(m.Config().IntroFile, hanging) // it answers after all
		if m.introFile.late || m.Intro() != known {
			t.Error("the disk is given up for good")
		}
		m.registry.Close()
	})
}

// An intro of another format than the mount's is heard once it is converted. Where it
// cannot be, listeners hear none: some players would stop at the change of format.
func TestIntroIsConverted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c converter
		m, _ := introOf(t, frametest.Numbered(frametest.Header(64000, 48000, 1), 1), &c)
		defer m.registry.Close()
		if got := m.Intro(); got == nil || got.Format == stereo44 || c.converted > 0 {
			t.Errorf("before the mount has a format: %+v, converted %d times", got, c.converted)
		}
		c.problem = errors.New("there is no ffmpeg")
		m.inputs[0].Write(numbered(1))
		synctest.Wait()
		for range 3 {
			if got := m.Intro(); got != nil || c.converted != 1 {
				t.Errorf("where it cannot be converted: %+v, tried %d times", got, c.converted)
			}
		}
		c.problem = nil
		time.Sleep(2 * tryAgainAfter)
		m.Intro()
		synctest.Wait()
		got := m.Intro()
		if got == nil || got.Format != stereo44 || got.Duration < time.Minute || c.converted != 2 {
			t.Errorf("converted %d times: %+v", c.converted, got)
		}
		if m.Intro() != got {
			t.Error("it is converted for each listener")
		}
	})
}
