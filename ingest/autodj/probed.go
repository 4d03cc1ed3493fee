package autodj

import (
	"sync"
	"time"

	"relay/codec/mp3"
)

// maxKnown is the number of files whose verdict is remembered.
const maxKnown = 1000

// probed remembers whether files can be played, until they change. It is safe for
// concurrent use. The zero value is ready to use.
type probed struct {
	mu    sync.Mutex
	known map[string]verdict // by path
}

type verdict struct {
	size     int64
	modified time.Time
	err      error
}

// playable returns why a file cannot be played, or nil.
func (p *probed) playable(path string) error {
	file, err := FileTrack(path).open()
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	p.mu.Lock()
	v, is := p.known[path]
	p.mu.Unlock()
	if is && v.size == info.Size() && v.modified.Equal(info.ModTime()) {
		return v.err
	}
	err = mp3.Probe(file)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= maxKnown {
		p.known = map[string]verdict{}
	}
	p.known[path] = verdict{info.Size(), info.ModTime(), err}
	return err
}
