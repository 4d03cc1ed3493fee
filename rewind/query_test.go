package rewind

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"testing"
	"time"

	"relay/codec"

	"relay/segments"
)

// at returns a time in a segment.
func at(n int, more time.Duration) time.Time { return began.Add(time.Duration(n)*six + more) }

func TestFrom(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 10, 19)
	s.end()
	s.keep(t, 25, 29) // after a gap, in another reel
	s.end()
	s.keep(t, 30, 32)
	s.keep(t, 40, 41) // after a gap, in the same reel
	for name, tt := range map[string]struct {
		from  time.Time
		first int // 0: none
	}{
		"a century ago":       {began.AddDate(-100, 0, 0), 10},
		"before the first":    {at(10, -time.Millisecond), 10},
		"its beginning":       {at(10, 0), 10},
		"its end":             {at(11, -time.Millisecond), 10},
		"the next":            {at(11, 0), 11},
		"the last of a reel":  {at(19, time.Second), 19},
		"in a gap":            {at(21, time.Second), 25},
		"at its end":          {at(25, 0), 25},
		"the next reel":       {at(30, 0), 30},
		"in a gap of a reel":  {at(35, 0), 40},
		"the last":            {at(41, time.Second), 41},
		"what comes next":     {at(42, 0), 0},
		"in a hundred years":  {began.AddDate(100, 0, 0), 0},
		"before all times":    {time.Time{}, 10},
		"after all of them":   {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		"in another location": {at(26, 0).In(time.FixedZone("", 3600)), 26},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := s.From(tt.from).Next()
			if tt.first == 0 && err != io.EOF || tt.first != 0 && (err != nil || int(e.Number) != tt.first) {
				t.Errorf("got %d, %v, want %d", e.Number, err, tt.first)
			}
		})
	}
}

// A cursor goes on with what is appended after it has come to the end, and leaves out what
// was removed before it came to it.
func TestCursorGoesOn(t *testing.T) {
	s := newStudio(t)
	c := s.From(at(2, 0))
	if got := rest(t, c); got != nil {
		t.Fatalf("an empty store has %v", got)
	}
	for n := 1; n <= 30; n++ {
		changed := s.Changed()
		s.keep(t, n, n)
		select {
		case <-changed:
		default:
			t.Fatal("nobody is told")
		}
		if n%7 == 0 {
			s.end()
		}
		if got := rest(t, c); n == 1 && got != nil || n > 1 && !slices.Equal(got, []int{n}) {
			t.Fatalf("after %d came %v", n, got)
		}
	}
	c = s.From(at(1, 0))
	if e, err := c.Next(); err != nil || e.Number != 1 {
		t.Fatalf("got %d, %v", e.Number, err)
	}
	s.drop(s.reels[0])
	s.drop(s.reels[0])
	late := rest(t, c)
	if !slices.Equal(late, upTo(15, 30)) {
		t.Errorf("after 14 were removed come %v", late)
	}
}

// Of a time that came twice, because the clock was set back, the second one counts.
func TestClockSetBack(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 10, 29)
	for n := 30; n < 40; n++ {
		one := numbered(n)
		one.Began = at(n-15, 0)
		s.put(t, &one)
	}
	if got, want := s.numbers(t, at(20, 0)), upTo(35, 39); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := s.numbers(t, at(12, 0)), upTo(12, 39); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.opened(t)
	if got, want := s.numbers(t, at(20, 0)), upTo(35, 39); !slices.Equal(got, want) {
		t.Errorf("after a restart: got %v, want %v", got, want)
	}
}

func TestBetween(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 10, 19)
	s.end()
	s.keep(t, 20, 29)
	for name, tt := range map[string]struct {
		from, to time.Time
		want     []int
	}{
		"all":              {time.Time{}, began.AddDate(1, 0, 0), upTo(10, 29)},
		"to the beginning": {at(18, 0), at(22, 0), upTo(18, 21)},
		"within one":       {at(18, 1e9), at(18, 2e9), upTo(18, 18)},
		"none":             {at(18, 0), at(18, 0), nil},
		"before":           {at(1, 0), at(10, 0), nil},
		"after":            {at(30, 0), at(40, 0), nil},
	} {
		var got []int
		for e, err := range s.Between(tt.from, tt.to) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, int(e.Number))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	for range s.Between(time.Time{}, at(20, 0)) {
		break
	}
}

func TestSpan(t *testing.T) {
	s := newStudio(t)
	if _, _, ok := s.Span(); ok {
		t.Error("an empty store has a span")
	}
	s.keep(t, 10, 12)
	s.end()
	s.keep(t, 20, 22)
	for range 2 {
		if oldest, newest, ok := s.Span(); !ok || !oldest.Equal(at(10, 0)) || !newest.Equal(at(23, 0)) {
			t.Errorf("got %v to %v", oldest, newest)
		}
		s.opened(t)
	}
}

func TestFind(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 10, 19)
	s.end()
	s.keep(t, 30, 39)
	for range 2 {
		for n := range 50 {
			e, err := s.Find(numbered(0).Epoch, int64(n))
			if there := n >= 10 && n < 20 || n >= 30 && n < 40; there != (err == nil) || there && int(e.Number) != n || !there && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%d: got %d, %v", n, e.Number, err)
			}
			if _, err := s.Find(7, int64(n)); err != ErrNotKept {
				t.Errorf("%d of another epoch: %v", n, err)
			}
		}
		s.opened(t)
	}
	again := numbered(12) // the numbers begin anew
	again.Epoch = 7
	s.put(t, &again)
	for _, epoch := range []uint64{again.Epoch, numbered(0).Epoch} {
		if e, err := s.Find(epoch, 12); err != nil || e.Epoch != epoch {
			t.Errorf("epoch %x: got %x, %v", epoch, e.Epoch, err)
		}
	}
}

func TestTitles(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 0, 24)
	s.end()
	s.keep(t, 25, 37)
	s.keep(t, 55, 59) // its first title is known by the segment's
	title := func(i int) time.Time { return at(10*i, time.Second) }
	for name, tt := range map[string]struct {
		from, to time.Time
		want     []int
	}{
		"all":                       {time.Time{}, began.AddDate(1, 0, 0), []int{0, 1, 2, 3, 5}},
		"the one that has begun":    {at(15, 0), at(25, 0), []int{1, 2}},
		"to its beginning":          {at(15, 0), title(2), []int{1}},
		"from its beginning":        {title(2), at(25, 0), []int{2}},
		"in the segment before":     {at(20, 0), title(2).Add(1), []int{1, 2}},
		"none":                      {at(100, 0), at(200, 0), nil},
		"replaced within a segment": {at(10, 2*time.Second), at(12, 0), []int{1}},
	} {
		var got []int
		list, err := s.Titles(tt.from, tt.to)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			i := int(one.Play) - 1
			if one.Tags != (codec.Tags{Artist: "Artist", Title: fmt.Sprintf("Title %d", i)}) || !one.Began.Equal(title(i)) {
				t.Errorf("title %d is %+v", i, one)
			}
			got = append(got, i)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// More titles than a mount plays, or longer ones, are not kept.
func TestManyTitles(t *testing.T) {
	s := newStudio(t)
	one := numbered(10)
	text := string(make([]rune, maxText-1)) + "é!"
	one.Titles = slices.Repeat([]segments.Title{{Tags: codec.Tags{Title: text}}}, 1000)
	s.put(t, &one)
	s.opened(t)
	e, err := s.From(began).Next()
	if err != nil || len(e.Titles) != maxTitles || len(e.Titles[0].Title) != maxText-1 {
		t.Errorf("got %d titles, %v", len(e.Titles), err)
	}
}

// Audio is read like any io.ReaderAt.
func TestReadAt(t *testing.T) {
	s := newStudio(t)
	s.keep(t, 1, 3)
	e, err := s.Find(numbered(0).Epoch, 2)
	if err != nil {
		t.Fatal(err)
	}
	all := whole(audio(2))
	for _, tt := range []struct {
		off, size, n int
		err          error
	}{
		{0, 1000, 1000, nil}, {0, 1001, 1000, io.EOF}, {0, 0, 0, nil}, {990, 10, 10, nil}, {990, 11, 10, io.EOF}, {1000, 1, 0, io.EOF}, {5000, 1, 0, io.EOF},
	} {
		b := make([]byte, tt.size)
		if n, err := e.ReadAt(b, int64(tt.off)); n != tt.n || err != tt.err || string(b[:n]) != string(all[min(tt.off, 1000):][:n]) {
			t.Errorf("%d at %d: got %d, %v", tt.size, tt.off, n, err)
		}
	}
	if _, err := e.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("there is something before it")
	}
	s.drop(s.reels[0])
	if n, err := e.ReadAt(make([]byte, 10), 0); n != 0 || err != ErrNotKept {
		t.Errorf("when it is removed: %d, %v", n, err)
	}
	if _, err := io.ReadAll(e.Open()); err != ErrNotKept {
		t.Errorf("when it is removed: %v", err)
	}
}
