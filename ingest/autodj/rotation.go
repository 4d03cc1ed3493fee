package autodj

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"relay/ingest/autodj/library"
	"relay/mounts"
)

const (
	// maxQueue bounds the length of the queue.
	maxQueue = 100

	// maxUnplayable is how many tracks that could not be played are remembered.
	maxUnplayable = 50

	// foreseen is how many of the library's next tracks an operator is shown.
	foreseen = 10

	// lookFor bounds how long it takes to list those, and to look into one file.
	lookFor = 2 * time.Second

	// looked is how many tracks are examined to find those: not all can be played.
	looked = 50
)

var errQueueFull = errors.New("the queue is full")

// Rotation chooses the next track of a player of files: a jingle when one is due, or
// the first of the queue, or else the library's next.
type Rotation struct {
	Library     *library.Library
	Jingles     *library.Library // nil: none
	JingleEvery int              // number of tracks between jingles
	Charset     func() string    // of the mount

	mu          sync.Mutex
	queue       []FileTrack
	broken      []mounts.Unplayable // the last tracks that could not be played
	sinceJingle int
	probed      probed
}

// Next returns the next track; false means that there is none.
func (r *Rotation) Next() (Track, bool) {
	if r.jingleDue() {
		if path, ok := r.Jingles.Next(); ok {
			return JingleTrack(path), true
		}
	}
	if track, ok := r.dequeue(); ok {
		return r.listed(track), true
	}
	path, ok := r.Library.Next()
	return r.listed(FileTrack(path)), ok
}

// listed adds to a track of the library the title that playlists have for it.
func (r *Rotation) listed(track FileTrack) Track {
	if !r.Library.HasPlaylists() {
		return track
	}
	return ListedTrack{track, func() string { return r.Library.ListedTitle(string(track)) }}
}

// jingleDue reports whether a jingle is due, and counts from 0 again if so.
func (r *Rotation) jingleDue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Jingles == nil || r.sinceJingle < r.JingleEvery {
		return false
	}
	r.sinceJingle = 0
	return true
}

// Heard counts the tracks between jingles; the caller calls it for each track that
// could be played.
func (r *Rotation) Heard(t Track) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = slices.DeleteFunc(r.broken, func(u mounts.Unplayable) bool { return u.File == t.String() })
	if _, jingle := t.(JingleTrack); !jingle {
		r.sinceJingle++
	}
}

// Failed notes a track that could not be played.
func (r *Rotation) Failed(t Track, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = slices.DeleteFunc(r.broken, func(u mounts.Unplayable) bool { return u.File == t.String() })
	r.broken = append(r.broken, mounts.Unplayable{File: t.String(), Reason: why.Error()})
	if len(r.broken) > maxUnplayable {
		r.broken = slices.Delete(r.broken, 0, 1)
	}
}

// Unplayable returns what cannot be played: kinds of files that are left out, and the last
// tracks that failed.
func (r *Rotation) Unplayable() []mounts.Unplayable {
	var list []mounts.Unplayable
	for _, l := range []*library.Library{r.Library, r.Jingles} {
		if l != nil && l.LeftOut() != "" {
			list = append(list, mounts.Unplayable{File: l.LeftOut(), Reason: "not in the format of the mount, and ffmpeg is not installed"})
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.broken {
		u.File = r.Library.Name(u.File)
		list = append(list, u)
	}
	return list
}

func (r *Rotation) dequeue() (track FileTrack, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		return "", false
	}
	track = r.queue[0]
	r.queue = slices.Delete(r.queue, 0, 1)
	return track, true
}

// Queue appends a file of the library to the queue, by its path or its name below one
// of the folders.
func (r *Rotation) Queue(name string) error {
	path, err := r.Library.Find(name)
	if err != nil {
		return err
	}
	if err := r.probed.playable(path); err != nil {
		return fmt.Errorf("%s cannot be played: %w", name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) >= maxQueue {
		return errQueueFull
	}
	r.queue = append(r.queue, FileTrack(path))
	return nil
}

// Coming returns the queue and the next tracks of the library, without those that
// cannot be played.
func (r *Rotation) Coming() []mounts.Coming {
	r.mu.Lock()
	queue := slices.Clone(r.queue)
	r.mu.Unlock()
	charset := r.Charset()
	coming := make([]mounts.Coming, 0, len(queue)+foreseen)
	until := time.Now().Add(lookFor)
	add := func(track FileTrack, queued bool) (added bool) {
		if !queued && (time.Now().After(until) || r.probed.playable(string(track)) != nil) { // Queue has looked into the others
			return false
		}
		title, _ := titleOf(r.listed(track), charset, r.probed.tags)
		coming = append(coming, mounts.Coming{Title: title, File: r.Library.Name(string(track)), Queued: queued})
		return true
	}
	for _, track := range queue {
		add(track, true)
	}
	next := 0
	for _, path := range r.Library.Peek(looked) {
		if add(FileTrack(path), false) {
			next++
		}
		if next == foreseen {
			break
		}
	}
	return coming
}

// ClearQueue empties the queue.
func (r *Rotation) ClearQueue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = nil
}
