package autodj

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"relay/codec"
	"relay/codec/known"
)

// maxKnown is the number of files whose verdict is remembered.
const maxKnown = 1000

// probed remembers whether files can be played, until they change. It is safe for
// concurrent use. The zero value is ready to use.
type probed struct {
	mu      sync.Mutex
	known   map[string]verdict // by path
	convert Converter          // nil: files play as they are
}

// probe is Probe with the converter of p. sure is false if the result may change although
// the file does not.
func (p *probed) probe(file *os.File) (tags codec.Tags, sure bool, err error) {
	convert := p.convert
	if convert == nil {
		convert = asItIs{}
	}
	ctx, stop := context.WithTimeout(context.Background(), lookFor)
	defer stop()
	tags, err = Probe(ctx, file, convert)
	return tags, err == nil || p.convert == nil || p.convert.Problem() == nil && ctx.Err() == nil, err
}

// Probe returns why an open file cannot be played, or nil, and the tags of a file that only
// the converter can read.
func Probe(ctx context.Context, file *os.File, c Converter) (codec.Tags, error) {
	_, err := known.Probe(file)
	var none *known.NoAudioError
	if err == nil || c.Problem() != nil || errors.As(err, &none) && none.Empty {
		return codec.Tags{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return codec.Tags{}, err
	}
	tags, problem := c.Tags(ctx, file)
	if problem != nil && none != nil && none.Format != "" {
		return codec.Tags{}, err // it names the format, which the converter only fails to read
	}
	return tags, problem
}

type verdict struct {
	size     int64
	modified time.Time
	tags     codec.Tags // if an encoder had to look
	err      error
}

// playable returns why a file cannot be played, or nil.
func (p *probed) playable(path string) error { return p.look(path).err }

// tags returns the tags of a file of which only an encoder knows them.
func (p *probed) tags(path FileTrack) codec.Tags { return p.look(string(path)).tags }

// look returns what is known of a file, which it examines if it must.
func (p *probed) look(path string) verdict {
	file, err := FileTrack(path).open()
	if err != nil {
		return verdict{err: err}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return verdict{err: err}
	}
	p.mu.Lock()
	v, is := p.known[path]
	p.mu.Unlock()
	if is && v.size == info.Size() && v.modified.Equal(info.ModTime()) {
		return v
	}
	tags, sure, err := p.probe(file)
	if !sure {
		return verdict{tags: tags, err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= maxKnown {
		p.known = map[string]verdict{}
	}
	p.known[path] = verdict{info.Size(), info.ModTime(), tags, err}
	return p.known[path]
}
