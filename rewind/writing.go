package rewind

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"time"
)

const (
	// maxAge is how much of the past a reel may have.
	maxAge = 10 * time.Minute

	// maxAudio is the maximum size of the audio of a reel.
	maxAudio = 64 << 20

	// maxIndex is the size from which on an index gets no more lines.
	maxIndex = 1 << 20

	// maxIndexFile is more than an index can have with its last lines.
	maxIndexFile = 8 * maxIndex

	// maxSlew is how far a segment may begin before the end of the one before it in a reel:
	// more means that the clock was set back.
	maxSlew = time.Second

	// portion is which part of the limits a reel may have, since reels are removed as a
	// whole.
	portion = 8

	// endRoom is how many bytes the last line of an index has at most.
	endRoom = 256
)

// writing is the reel that is being written.
type writing struct {
	reel         *reel
	audio, index appendFile
}

// run writes segments until ctx ends, and those that are queued then.
func (s *Store) run(ctx context.Context) {
	tick := time.NewTicker(retryAfter)
	defer tick.Stop()
	defer s.witness.Close()
	defer s.leave()
	defer s.finish()
	s.look()
	tidied := time.Now()
	for {
		select {
		case <-s.queue.more:
			s.writeAll()
		case <-tick.C:
			if s.health.folder.State().Text != "" || time.Since(tidied) >= tidyEvery {
				tidied = time.Now()
				s.look()
			}
		case <-ctx.Done():
			s.writeAll()
			return
		}
	}
}

// look finds out whether the folder can be used, and tidies it.
func (s *Store) look() {
	if err := s.ready(); err != nil {
		s.health.misses(err, s.log)
		return
	}
	s.health.found(s.log)
	s.tidy()
}

// writeAll writes the queued segments.
func (s *Store) writeAll() {
	for {
		t, last, ok := s.queue.take()
		if !ok {
			return
		}
		if time.Now().Before(s.retry) {
			s.health.lost.add(t.Length)
			continue
		}
		if err := s.ready(); err != nil {
			s.health.misses(err, s.log)
			s.lose(&t)
			continue
		}
		if err := s.write(&t); err != nil {
			s.health.fails(err, s.log)
			s.lose(&t)
			if s.writing != nil {
				s.giveUp()
			}
			continue
		}
		s.health.works(last, s.log)
	}
}

// lose counts a segment that the disk did not take. The next attempt comes after a pause.
func (s *Store) lose(t *Segment) {
	s.health.lost.add(t.Length)
	s.retry = time.Now().Add(retryAfter)
}

// errNoRoom means that rewind_space is less than a segment.
var errNoRoom = errors.New("rewind_space has no room for a segment")

// write adds a segment to the right reel.
func (s *Store) write(t *Segment) error {
	if s.writing != nil && s.isFull(s.writing.reel, t) {
		if err := s.end(); err != nil {
			return err
		}
	}
	one := writtenOf(t)
	room, err := s.roomFor(t, one)
	if err != nil {
		return err
	}
	if err := s.makeRoom(room); err != nil {
		return err
	}
	if s.writing == nil {
		if err := s.begin(t); err != nil {
			return err
		}
	}
	return s.add(t, one)
}

// isFull reports whether a segment needs another reel. In a reel the numbers of segments
// ascend, and their times too but for slight corrections.
func (s *Store) isFull(r *reel, t *Segment) bool {
	age, audio := maxAge, int64(maxAudio)
	if keep := time.Duration(s.keep.Load()); keep > 0 {
		age = min(age, max(keep/portion, time.Minute))
	}
	if space := s.space.Load(); space > 0 {
		audio = min(audio, space/portion)
	}
	if r.segments == 0 {
		return false
	}
	return t.Ended().Sub(r.began) > age || t.Began.Before(r.ended.Add(-maxSlew)) || t.Number <= r.last ||
		r.audio+int64(t.size()) > audio || r.index > maxIndex
}

// roomFor returns how many bytes the files grow by a segment, at most: it may be the first
// of a reel, and the last.
func (s *Store) roomFor(t *Segment, one *written) (int64, error) {
	one.At = maxAudio // which has the most digits
	room := int64(one.Size) + endRoom
	for _, l := range []line{s.headOf(t), {Segment: one}} {
		text, err := l.bytes()
		if err != nil {
			return 0, err
		}
		room += int64(len(text))
	}
	return room, nil
}

func (s *Store) headOf(t *Segment) line {
	return line{Head: &head{Version: version, Mount: s.mount, Number: t.Number, Began: t.Began.UnixMilli()}}
}

// begin creates a reel for a segment, without writing the segment. It never changes an
// existing file.
func (s *Store) begin(t *Segment) (err error) {
	head, err := s.headOf(t).bytes()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.counted++
	r := &reel{count: s.counted, open: true}
	s.mu.Unlock()
	r.began = ofMilli(t.Began.UnixMilli())
	r.ended, r.path = r.began, filepath.Join(s.dir, reelName(r.began, r.count))
	w := &writing{reel: r, audio: appendFile{path: r.audioPath()}, index: appendFile{path: r.indexPath()}}
	if w.audio.output, err = s.sys.create(w.audio.path); err != nil {
		return err
	}
	if w.index.output, err = s.sys.create(w.index.path); err == nil {
		if err = w.index.append(net.Buffers{head}); err == nil {
			syncFolder(s.dir)
			r.index = w.index.size
			s.writing = w
			s.mu.Lock()
			s.reels = append(slices.Clip(s.reels), r)
			s.mu.Unlock()
			return nil
		}
		w.index.Close()
		s.sys.remove(w.index.path)
	}
	w.audio.Close()
	s.sys.remove(w.audio.path)
	return err
}

// add appends a segment. After an error the reel can only be given up.
func (s *Store) add(t *Segment, one *written) error {
	w := s.writing
	one.At = w.audio.size
	text, err := line{Segment: one}.bytes()
	if err != nil {
		return err
	}
	if err := w.audio.append(t.Audio); err != nil {
		return err
	}
	if err := w.index.append(net.Buffers{text}); err != nil {
		w.audio.size -= int64(one.Size) // which giveUp cuts off
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := w.reel
	x := index{segments: r.kept}
	x.add(one)
	r.kept = x.segments
	r.take(&r.kept[len(r.kept)-1])
	r.audio, r.index = w.audio.size, w.index.size
	s.tell()
	return nil
}

// end makes the reel safe on the disk and ends it.
func (s *Store) end() error {
	w := s.writing
	err := w.audio.Sync()
	if err == nil {
		var text []byte
		r := w.reel
		text, err = line{End: &end{Segments: r.segments, Audio: r.audio, Length: int64(r.length), Number: r.last, Ended: r.ended.UnixMilli()}}.bytes()
		if err == nil {
			err = w.index.append(net.Buffers{text})
		}
	}
	if err != nil {
		s.giveUp()
		return err
	}
	err = errors.Join(w.index.Sync(), w.audio.Close(), w.index.Close())
	s.close()
	return err
}

// giveUp closes the reel after an error, as far as it is whole. An empty one is removed:
// a full disk would get many.
func (s *Store) giveUp() {
	r := s.writing.reel
	s.writing.audio.giveUp()
	s.writing.index.giveUp()
	s.close()
	if r.segments == 0 {
		s.drop(r)
	}
}

// close means that the reel is not written to any longer.
func (s *Store) close() {
	w := s.writing
	s.writing = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	r := w.reel
	r.audio, r.index, r.open = w.audio.size, w.index.size, false
	s.loaded.add(r, r.kept)
	r.kept = nil
}

// finish ends the reel at the end of the program.
func (s *Store) finish() {
	if s.writing == nil {
		return
	}
	if err := s.end(); err != nil {
		s.health.fails(err, s.log)
	}
}
