package mounts

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"relay/frames/frametest"
)

func introOf(t *testing.T, mp3 []byte) (m *Mount, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "welcome.mp3")
	if err := os.WriteFile(file, mp3, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRegistry(t, "[[mount]]\nname = '/live'\nintro_file = '"+file+"'")
	return attach(t, r, "/live", Live).Mount, file
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
