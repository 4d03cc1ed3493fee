package ingest

import (
	"errors"
	"slices"
	"sync"

	"relay/library"
	"relay/mounts"
)

const (
	// longestQueue bounds what an operator may line up.
	longestQueue = 100

	// foreseen is how many tracks of the library an operator is shown.
	foreseen = 10
)

var errQueueFull = errors.New("there are as many tracks in the queue as it holds")

// Rota says what a player of files plays next: a jingle when one is due, what
// an operator has lined up, else the library's next.
type Rota struct {
	Library     *library.Library
	Jingles     *library.Library // nil: none
	JingleEvery int              // tracks between them
	Charset     func() string    // of the mount

	mu          sync.Mutex
	queue       []FileTrack
	sinceJingle int
}

// Next returns the next track; false says that there is none.
func (r *Rota) Next() (Track, bool) {
	if r.jingleDue() {
		if path, ok := r.Jingles.Next(); ok {
			return JingleTrack(path), true
		}
	}
	if track, ok := r.dequeue(); ok {
		return track, true
	}
	path, ok := r.Library.Next()
	return FileTrack(path), ok
}

// jingleDue reports whether it is time for a jingle, which it then was.
func (r *Rota) jingleDue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Jingles == nil || r.sinceJingle < r.JingleEvery {
		return false
	}
	r.sinceJingle = 0
	return true
}

// Heard counts the tracks between jingles: those that could be played.
func (r *Rota) Heard(t Track) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, jingle := t.(JingleTrack); !jingle {
		r.sinceJingle++
	}
}

func (r *Rota) dequeue() (track FileTrack, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		return "", false
	}
	track = r.queue[0]
	r.queue = slices.Delete(r.queue, 0, 1)
	return track, true
}

// Queue lines up a file of the library, by its path or its name below one of
// the folders, behind those that wait already.
func (r *Rota) Queue(name string) error {
	path, err := r.Library.Find(name)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) >= longestQueue {
		return errQueueFull
	}
	r.queue = append(r.queue, FileTrack(path))
	return nil
}

// Coming returns what is lined up, and some of what the library has next.
func (r *Rota) Coming() []mounts.Coming {
	r.mu.Lock()
	queue := slices.Clone(r.queue)
	r.mu.Unlock()
	charset := r.Charset()
	coming := make([]mounts.Coming, 0, len(queue)+foreseen)
	for _, track := range queue {
		coming = append(coming, mounts.Coming{Title: track.Title(charset), File: r.Library.Name(string(track)), Queued: true})
	}
	for _, path := range r.Library.Peek(foreseen) {
		coming = append(coming, mounts.Coming{Title: FileTrack(path).Title(charset), File: r.Library.Name(path)})
	}
	return coming
}

// ClearQueue forgets what is lined up.
func (r *Rota) ClearQueue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = nil
}
