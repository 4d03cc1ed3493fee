package mounts

import (
	"testing"
	"testing/synctest"
	"time"
)

// A relay that begins with a burst of what was heard is not held back until something
// new comes, however long the burst is.
func TestRepeatsAreNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		defer r.Close()
		in := attach(t, r, "/live", Relayed)
		frames := song(0, 600)
		for _, f := range frames {
			in.Write(f)
			time.Sleep(f.Length)
		}
		in.Pause()
		in.Reconnected()
		before := in.Mount.Stream.End()
		for i, f := range frames[len(frames)-500:] {
			if in.Room() <= 0 {
				t.Fatalf("held back after %d frames", i)
			}
			in.Write(f)
		}
		if in.Mount.Stream.End() != before {
			t.Error("frames were played twice")
		}
		for _, f := range newSong(0, 400) {
			in.Write(f)
		}
		if ahead := in.Ahead(); ahead > maxSurplus+frames[0].Length {
			t.Errorf("10 s of new audio at once put the stream %v ahead", ahead)
		}
		if left := in.Mount.Totals().Paid[LeftOut]; left < 8*time.Second {
			t.Errorf("%v of them are left out", left)
		}
		time.Sleep(burstFor)
		for _, f := range newSong(400, 450) {
			in.Write(f)
		}
		if room := in.Room(); room > 0 {
			t.Errorf("there is room for %v more in front of audio that comes too fast", room)
		}
	})
}
