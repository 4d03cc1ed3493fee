package rewind

import (
	"cmp"
	"io"
	"iter"
	"slices"
	"time"

	"relay/segments"
)

// Span returns when the first segment began and the last one ended; ok is false if there is
// none.
func (s *Store) Span() (oldest, newest time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reels {
		if r.segments == 0 {
			continue
		}
		if !ok {
			oldest = r.began
		}
		newest, ok = r.ended.UTC(), true
	}
	return oldest, newest, ok
}

// Between returns the segments that were heard from one time to another, in order. The last
// one may have an error, which is that of Cursor.Next.
func (s *Store) Between(from, to time.Time) iter.Seq2[segments.Entry, error] {
	return func(yield func(segments.Entry, error) bool) {
		for c := s.From(from); ; {
			e, err := c.Next()
			if err == io.EOF || err == nil && !e.Began.Before(to) || !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Find returns the segment of an epoch with a number. The error is ErrNotKept if there is
// none, or disk.ErrNoAnswer. It reads no more than the reel that may have it.
func (s *Store) Find(epoch uint64, number int64) (segments.Entry, error) {
	s.mu.Lock()
	var candidates []*reel // the newest first; several if numbers began anew
	for _, r := range slices.Backward(s.reels) {
		if r.segments > 0 && r.first <= number && number <= r.last {
			candidates = append(candidates, r)
		}
	}
	s.mu.Unlock()
	for _, r := range candidates {
		list, _, err := s.segmentsOf(r)
		if err == ErrNotKept {
			continue
		}
		if err != nil {
			return segments.Entry{}, err
		}
		i, found := slices.BinarySearchFunc(list, number, func(one stored, number int64) int { return cmp.Compare(one.number, number) })
		if found && list[i].run.epoch == epoch {
			return s.entryOf(r, &list[i]), nil
		}
	}
	return segments.Entry{}, ErrNotKept
}

// Titles returns the titles that were heard from one time to another, in order: the first
// may have begun before. Their offsets are those in their segments. The error is that of
// Cursor.Next.
func (s *Store) Titles(from, to time.Time) (list []segments.Title, err error) {
	add := func(t segments.Title) {
		if n := len(list); !t.Began.Before(to) || n > 0 && sameTitle(list[n-1], t) {
			return
		}
		if !t.Began.After(from) {
			list = list[:0] // it replaces one that had ended by then
		}
		list = append(list, t)
	}
	for e, err := range s.Between(from, to) {
		if err != nil {
			return nil, err
		}
		if e.Title != nil {
			add(*e.Title)
		}
		for _, t := range e.Titles {
			add(t)
		}
	}
	return list, nil
}

// sameTitle reports whether two titles are one, seen from two segments.
func sameTitle(a, b segments.Title) bool {
	return a.Began.Equal(b.Began) && a.Tags == b.Tags && a.Play == b.Play
}
