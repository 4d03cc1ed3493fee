package ingest

import (
	"errors"
	"sync"

	"relay/library"
)

// longestQueue bounds what an operator may line up.
const longestQueue = 100

var errQueueFull = errors.New("there are as many tracks in the queue as it holds")

// Rota says what a player of files plays next: what an operator has lined up,
// a jingle when one is due, else the library's next.
type Rota struct {
	Library     *library.Library
	Jingles     *library.Library // nil: none
	JingleEvery int              // tracks between them

	mu          sync.Mutex
	queue       []FileTrack
	sinceJingle int
}

// Next returns the next track; false says that there is none.
func (r *Rota) Next() (Track, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Jingles != nil && r.sinceJingle >= r.JingleEvery {
		r.sinceJingle = 0
		if path, ok := r.Jingles.Next(); ok {
			return JingleTrack(path), true
		}
	}
	if len(r.queue) > 0 {
		track := r.queue[0]
		r.queue = append(r.queue[:0], r.queue[1:]...)
		r.sinceJingle++
		return track, true
	}
	path, ok := r.Library.Next()
	if !ok {
		return nil, false
	}
	r.sinceJingle++
	return FileTrack(path), true
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

// Queued returns the titles of what is lined up.
func (r *Rota) Queued() (titles []string) {
	r.mu.Lock()
	queue := append([]FileTrack(nil), r.queue...)
	r.mu.Unlock()
	for _, track := range queue {
		titles = append(titles, track.Title().Text)
	}
	return titles
}

// ClearQueue forgets what is lined up.
func (r *Rota) ClearQueue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = nil
}
