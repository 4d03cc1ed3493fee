package rewind

import (
	"cmp"
	"io"
	"slices"
	"time"

	"relay/segments"
)

// Cursor is a place in a store: before a segment. It is for one goroutine.
type Cursor struct {
	store *Store
	from  time.Time // where to begin
	begun bool

	count int64 // of the reel
	next  int   // the segment in the reel

	reel     *reel    // the reel that is in segments; nil: none
	segments []stored // of a reel to which nothing is added
}

// From returns a cursor before the segment that was heard at a time, or else the one after
// that. If the clock was set, so that a time came twice, that is the one that was heard last.
func (s *Store) From(t time.Time) *Cursor { return &Cursor{store: s, from: t} }

// Next returns the next segment. The error is io.EOF if there is none yet: then the next
// call may have it, see Store.Changed. It is disk.ErrNoAnswer if the disk does not answer:
// then the cursor stays. Segments that were removed before the cursor came to them are left
// out.
func (c *Cursor) Next() (segments.Entry, error) {
	if !c.begun {
		if err := c.begin(); err != nil {
			return segments.Entry{}, err
		}
	}
	for {
		r, last := c.store.reelFrom(c.count)
		if r == nil {
			return segments.Entry{}, io.EOF
		}
		if r.count != c.count {
			c.count, c.next = r.count, 0
		}
		list, complete, err := c.read(r)
		switch {
		case err == ErrNotKept:
		case err != nil:
			return segments.Entry{}, err
		case c.next < len(list):
			c.next++
			return c.store.entryOf(r, &list[c.next-1]), nil
		case last || !complete:
			return segments.Entry{}, io.EOF
		}
		c.count, c.next = c.count+1, 0
	}
}

// read returns the segments of a reel, which the cursor keeps as long as it is there.
func (c *Cursor) read(r *reel) (list []stored, complete bool, err error) {
	if c.reel == r {
		return c.segments, true, nil
	}
	list, complete, err = c.store.segmentsOf(r)
	if c.reel = nil; complete && err == nil {
		c.reel, c.segments = r, list
	}
	return list, complete, err
}

// begin moves the cursor to where it begins. The error is io.EOF if there are no segments.
func (c *Cursor) begin() error {
	r := c.store.reelAt(c.from)
	if r == nil {
		return io.EOF
	}
	list, _, err := c.read(r)
	if err != nil && err != ErrNotKept {
		return err
	}
	c.begun, c.count = true, r.count
	for i := len(list) - 1; i >= 0; i-- {
		if one := &list[i]; !ofMilli(one.began).After(c.from) {
			if c.next = i; !one.ended().After(c.from) {
				c.next++
			}
			break
		}
	}
	return nil
}

// reelFrom returns the first reel with at least this count; nil: there is none. last reports
// whether it is the last of all.
func (s *Store) reelFrom(count int64) (r *reel, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.reels, count, func(r *reel, count int64) int { return cmp.Compare(r.count, count) })
	if i == len(s.reels) {
		return nil, false
	}
	return s.reels[i], i == len(s.reels)-1
}

// reelAt returns the reel of the segment at a time, or else the first one; nil: there are no
// segments.
func (s *Store) reelAt(t time.Time) (at *reel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.reels) {
		if r.segments == 0 {
			continue
		}
		if at = r; !r.began.After(t) {
			break
		}
	}
	return at
}
