package mounts

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/mp3/frametest"
)

func introOf(t *testing.T, mp3 []byte) (m *Mount, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "welcome.mp3")
	if err := os.WriteFile(file, mp3, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRegistry(t, "[[mount]]\nname = '/live'\nintro_file = '"+file+"'")
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
	m, file := introOf(t, mp3(10))
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
		m, _ := introOf(t, frametest.Numbered(frametest.Header(128000, 44100, 2), 1))
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
