package ogg_test

import (
	"bytes"
	"testing"

	"relay/codec/ogg"
)

// In a joined stream, each title sounds as in its file, sample for sample, apart from the
// overlap at its ends. Opus predicts from what was before, so it is left out.
func TestJoinedTitlesSoundTheSame(t *testing.T) {
	for _, pair := range pairs {
		if pair.codec == ogg.Opus {
			continue
		}
		s := play(t, pair.codec).joined(units(t, bytes.Repeat(join(file(t, pair.a), file(t, pair.b)), 2)))
		got := samples(t, s.data)
		for _, name := range []string{pair.a, pair.b} {
			want := samples(t, file(t, name))
			middle := want[len(want)/4&^3 : len(want)*3/4&^3]
			if n := bytes.Count(got, middle); n != 2 {
				t.Errorf("the middle of %s is heard %d times, want 2", name, n)
			}
		}
	}
}
