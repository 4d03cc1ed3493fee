package rewind

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// hours keeps a reel of ten segments each hour, with the numbers 100h to 100h+9.
func (s *studio) hours(t *testing.T, hours ...int) {
	t.Helper()
	for _, h := range hours {
		for i := range 10 {
			one := numbered(100*h + i)
			one.Began = began.Add(time.Duration(h)*time.Hour + time.Duration(i)*six)
			s.put(t, &one)
		}
		if err := s.end(); err != nil {
			t.Fatal(err)
		}
	}
}

// reelsOf returns the hours that there are.
func (s *studio) reelsOf(t *testing.T) (hours []int) {
	t.Helper()
	for _, n := range s.numbers(t, time.Time{}) {
		if n%100 == 0 {
			hours = append(hours, n/100)
		}
	}
	return hours
}

func TestRetentionByAge(t *testing.T) {
	for name, tt := range map[string]struct {
		keep time.Duration
		now  time.Duration // after began
		want []int
	}{
		"for ever":         {0, 10000 * time.Hour, []int{0, 1, 2, 3}},
		"all are young":    {4 * time.Hour, 4 * time.Hour, []int{0, 1, 2, 3}},
		"to the second":    {2 * time.Hour, 3*time.Hour + time.Minute, []int{1, 2, 3}},
		"a second more":    {2 * time.Hour, 3*time.Hour + time.Minute + time.Second, []int{2, 3}},
		"none":             {time.Hour, 24 * time.Hour, nil},
		"a clock set back": {time.Hour, -24 * time.Hour, []int{0, 1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			s.hours(t, 0, 1, 2, 3)
			s.Limit(tt.keep, 0)
			s.hand.day, s.hand.up = began.Add(tt.now), max(tt.now, 0)
			s.tidy()
			if got := s.reelsOf(t); !slices.Equal(got, tt.want) {
				t.Errorf("left are %v, want %v", got, tt.want)
			}
			if got := len(s.files(t)); got != 2*len(tt.want) {
				t.Errorf("left are %v", s.files(t))
			}
		})
	}
}

// A clock that leaps forward removes nothing for a day, whether the program runs or not.
func TestWrongClockRemovesNothing(t *testing.T) {
	for _, restart := range []bool{false, true} {
		s := newStudio(t)
		s.hours(t, 0, 1, 50, 51)
		s.Limit(48*time.Hour, 0)
		s.hand.day, s.hand.up = began.Add(52*time.Hour), 52*time.Hour
		s.tidy()
		if got := s.reelsOf(t); !slices.Equal(got, []int{50, 51}) {
			t.Fatalf("left are %v", got)
		}
		s.hand.day = s.hand.day.AddDate(1, 0, 0)
		if restart {
			s.hand.up = 0
			s.restart()
			s.Limit(48*time.Hour, 0)
		}
		for range 24 {
			if err := s.ready(); err != nil {
				t.Fatal(err)
			}
			s.tidy()
			if got := s.reelsOf(t); !slices.Equal(got, []int{50, 51}) {
				t.Fatalf("restart %v: left are %v", restart, got)
			}
			s.hand.day, s.hand.up = s.hand.day.Add(time.Hour-time.Second), s.hand.up+time.Hour-time.Second
		}
		s.hand.day, s.hand.up = s.hand.day.Add(time.Minute), s.hand.up+time.Minute
		s.tidy()
		if got := s.reelsOf(t); len(got) > 0 {
			t.Errorf("restart %v: a day later left are %v", restart, got)
		}
	}
}

// A reel from the future does not keep the others for ever.
func TestReelFromTheFuture(t *testing.T) {
	s := newStudio(t)
	s.hours(t, 10_000)
	s.hours(t, 1, 2)
	s.Limit(2*time.Hour, 0)
	s.hand.day, s.hand.up = began.Add(3*time.Hour), 3*time.Hour
	s.tidy()
	if got := s.reelsOf(t); !slices.Equal(got, []int{10_000, 1, 2}) {
		t.Fatalf("left are %v", got)
	}
	s.hand.day, s.hand.up = began.Add(6*time.Hour), 6*time.Hour
	s.tidy()
	if got := s.reelsOf(t); len(got) > 0 {
		t.Errorf("left are %v", got)
	}
}

// The files are never larger than the space, counted to the byte, and what is removed is the
// oldest.
func TestRetentionBySpace(t *testing.T) {
	for _, space := range []int64{3_500, 20_000, 50_000} {
		s := newStudio(t)
		s.Limit(0, space)
		for n := range 100 {
			s.keep(t, n, n)
			if got := sizeOf(t, s.Store.dir); got > space || got != s.Kept().Bytes {
				t.Fatalf("after %d segments: %d bytes, counted %d, space %d", n, got, s.Kept().Bytes, space)
			}
		}
		got := s.numbers(t, time.Time{})
		if len(got) == 0 || !slices.Equal(got, upTo(got[0], 99)) {
			t.Errorf("left are %v", got)
		}
		if fits := int(space / 3000); len(got) < fits-fits/4 {
			t.Errorf("left are %d segments in %d bytes", len(got), space)
		}
		if err := s.end(); err != nil {
			t.Fatal(err)
		}
		if got := sizeOf(t, s.Store.dir); got > space || got != s.Kept().Bytes {
			t.Errorf("at the end: %d bytes, counted %d, space %d", got, s.Kept().Bytes, space)
		}
		s.opened(t)
		if got := sizeOf(t, s.Store.dir); got != s.Kept().Bytes {
			t.Errorf("after a restart: %d bytes, counted %d", got, s.Kept().Bytes)
		}
	}
}

func TestNoRoomForASegment(t *testing.T) {
	s := newStudio(t)
	s.Limit(0, 1000)
	if err := s.ready(); err != nil {
		t.Fatal(err)
	}
	one := numbered(1)
	if err := s.write(&one); err != errNoRoom {
		t.Errorf("got %v", err)
	}
}

// A lower limit applies to what is being written, too.
func TestLowerLimit(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 1, 10)
	s.Limit(0, 1000)
	s.tidy()
	if got := s.files(t); len(got) > 0 {
		t.Errorf("left are %v", got)
	}
	s.Limit(0, 0)
	s.keep(t, 11, 12)
	if got := s.numbers(t, time.Time{}); !slices.Equal(got, []int{11, 12}) {
		t.Errorf("then there are %v", got)
	}
}

func sizeOf(t *testing.T, dir string) (sum int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == timeFile {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Size()
	}
	return sum
}
