package hls

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"go.uber.org/zap"
)

const (
	// minWait is the first wait after a request that failed; each is twice as long.
	minWait = 500 * time.Millisecond

	// segmentsApart is the least time between two segments that are asked for: a playlist may
	// name very many that hold nothing.
	segmentsApart = 50 * time.Millisecond

	// maxBehind is how many target durations a stream may be behind, so that it goes on where
	// it broke off.
	maxBehind = 10

	// minSegmentTime is the least time for a segment, all attempts together.
	minSegmentTime = 5 * time.Second
)

var (
	errNoSegments = errors.New("its playlist has no segments")
	errStands     = errors.New("its playlist has had no new segment for too long")
)

// follower follows a media playlist, in a goroutine of a Stream.
type follower struct {
	*Client
	*queue
	request Request // for the playlist
	from    source  // where it was found last
	list    *playlist
	loaded  time.Time // when it was asked for last
	asked   time.Time // when a segment was asked for last

	next    uint64        // the sequence number to fetch next
	known   []identity    // the segments that were fetched last, the newest last
	began   bool          // a segment was chosen to begin with
	played  bool          // a segment has come
	cut     bool          // the next segment does not continue the last one
	got     time.Time     // when a segment last came; at first, when the stream began
	unread  error         // why the playlist could not be had at the last attempt; nil: it could
	leftOut error         // why the last segment was left out; nil: it was not
	every   time.Duration // see playlist.reloadEvery
}

// maxKnown is how many segments a follower remembers, to tell an old copy of a playlist
// from one that counts anew.
const maxKnown = 20

// run fetches segments until the programme ends or nothing new has come for too long, and
// returns why.
func (f *follower) run(ctx context.Context) error {
	f.got = time.Now()
	for {
		changed, err := f.fetchNew(ctx)
		switch {
		case err != nil:
			return err
		case f.list.ended:
			return errOver
		}
		wait := f.every
		if !changed {
			wait /= 2
		}
		if err := f.reload(ctx, f.loaded.Add(wait)); err != nil {
			return err
		}
	}
}

// reload fetches the playlist at a time, and again while that fails.
func (f *follower) reload(ctx context.Context, at time.Time) error {
	for pause := minWait; ; pause = min(2*pause, f.every/2) {
		if err := sleep(ctx, time.Until(at)); err != nil {
			return err
		}
		f.loaded = time.Now()
		list, from, err := f.load(ctx, f.request)
		if err == nil && len(list.variants) > 0 {
			err = refused(errNested)
		}
		if err == nil {
			f.list, f.from, f.every, f.unread = list, from, list.reloadEvery(), nil
			return f.lost()
		}
		f.unread = err
		if err := f.lost(); err != nil {
			return err
		}
		at = time.Now().Add(pause)
	}
}

// lost returns why the stream is given up, if no segment has come for too long.
func (f *follower) lost() error {
	if time.Since(f.got) < max(f.Patience, 3*f.every) {
		return nil
	}
	switch {
	case f.unread != nil:
		return f.unread
	case f.leftOut != nil:
		return f.leftOut
	case !f.began:
		return errNoSegments
	}
	return errStands
}

// fetchNew fetches the segments of the playlist that are new, and reports whether there
// were any.
func (f *follower) fetchNew(ctx context.Context) (changed bool, err error) {
	i := f.place()
	f.queue.list(f.list.lasts(i))
	for ; i < len(f.list.segments); i++ {
		s := &f.list.segments[i]
		for f.isFull(3 * f.every) {
			select {
			case <-f.taken:
			case <-ctx.Done():
				return changed, ctx.Err()
			}
		}
		f.cut = f.cut || s.cut
		if err := sleep(ctx, time.Until(f.asked.Add(segmentsApart))); err != nil {
			return changed, err
		}
		f.asked = time.Now()
		id := f.identity(i)
		p, err := f.segment(ctx, i, id)
		switch {
		case ctx.Err() != nil:
			return changed, ctx.Err()
		case err != nil && !f.played && isRefused(err):
			return changed, err
		case err != nil:
			f.queue.list(-s.length)
			f.cut, f.leftOut = true, err
			f.Log.Info("a segment is left out", zap.Error(err), zap.Uint64("sequence", id.sequence))
			if err := f.lost(); err != nil {
				return changed, err
			}
		default:
			if f.cut {
				p.cut()
			}
			f.put(p)
			f.cut, f.played, f.got, f.leftOut = false, true, time.Now(), nil
		}
		f.next, changed = id.sequence+1, true
		if f.known = append(f.known, id); len(f.known) > maxKnown {
			f.known = f.known[1:]
		}
	}
	return changed, nil
}

func (f *follower) identity(i int) identity {
	s := &f.list.segments[i]
	name := s.uri
	if u, err := f.from.url.Parse(s.uri); err == nil {
		name = path.Base(u.Path)
	}
	return identity{f.list.first + uint64(i), name, s.offset}
}

// place returns at which segment of the playlist to go on.
func (f *follower) place() int {
	l := f.list
	if len(l.segments) == 0 {
		return 0
	}
	if !f.began {
		f.began = true
		i := l.begin()
		if f.last != nil {
			if k, ok := f.find(*f.last); ok && l.lasts(k+1) <= maxBehind*f.every {
				return k + 1
			}
			f.cut = true
		}
		return i
	}
	switch {
	case f.next >= l.first && f.next <= l.end():
		return int(f.next - l.first)
	case f.next > l.end():
		if f.isOld() {
			return len(l.segments) // an old copy, from a cache
		}
		f.Log.Info("the playlist counts its segments anew", zap.Uint64("expected", f.next), zap.Uint64("first", l.first))
	default:
		f.Log.Warn("segments are lost: the playlist no longer has them", zap.Uint64("expected", f.next), zap.Uint64("first", l.first))
	}
	f.cut = true
	return l.begin()
}

// find returns the place of a segment in the playlist.
func (f *follower) find(id identity) (i int, found bool) {
	if id.sequence < f.list.first || id.sequence >= f.list.end() {
		return 0, false
	}
	i = int(id.sequence - f.list.first)
	return i, f.identity(i) == id
}

// isOld reports whether the last segment of the playlist is one that was fetched.
func (f *follower) isOld() bool {
	last := f.identity(len(f.list.segments) - 1)
	for _, id := range f.known {
		if id == last {
			return true
		}
	}
	return false
}

// segment fetches a segment. It tries again until the time in which the segment plays is
// over.
func (f *follower) segment(ctx context.Context, i int, id identity) (*part, error) {
	s := f.list.segments[i]
	switch {
	case s.cipher != "":
		return nil, refused(fmt.Errorf("its segments are encrypted (EXT-X-KEY, %s), and this server plays plain ones only", quote(s.cipher)))
	case s.mapped:
		return nil, refused(errFragment)
	case s.missing:
		return nil, errMissing
	}
	u, err := f.from.resolve(s.uri)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, max(s.length, minSegmentTime))
	defer cancel()
	for pause := minWait; ; pause *= 2 {
		body, _, err := f.fetch(ctx, Request{URL: u, From: f.from.server, Offset: s.offset, Length: s.bytes}, maxSegment)
		if errors.Is(err, errTooLong) {
			return nil, errSegmentTooLong
		}
		if err == nil {
			audio, titles, err := extract(body, f.Text)
			if err != nil {
				return nil, err
			}
			return newPart(s, id, audio, f.list.titles(i), titles), nil
		}
		if sleep(ctx, pause) != nil {
			return nil, err
		}
	}
}

var (
	errMissing        = errors.New("the playlist says that the segment is missing (EXT-X-GAP)")
	errSegmentTooLong = fmt.Errorf("the segment is longer than %d MiB", maxSegment>>20)
)

// sleep waits for some time. The error is that of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
