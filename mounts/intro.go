package mounts

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/frames"
)

// longestIntro bounds an intro in bytes: it is kept in memory.
const longestIntro = 32 << 20

// Intro is a piece that each listener of a mount hears before the stream.
type Intro struct {
	Stream   *Stream // whole frames, made to decode from the first on; it has ended
	Duration time.Duration
}

// introFile is the file of a mount's intro and what was in it when it was last
// looked at.
type introFile struct {
	mu       sync.Mutex
	intro    *Intro
	size     int64
	modified time.Time
	problem  string
}

// Intro returns the mount's intro, or nil where there is none. The file is
// read again when it has changed; one that cannot be read is told to the
// operator, and nobody waits for it.
func (m *Mount) Intro() *Intro {
	name := m.Config().IntroFile
	if name == "" {
		return nil
	}
	f := &m.introFile
	f.mu.Lock()
	defer f.mu.Unlock()
	problem := ""
	if err := f.load(name); err != nil {
		f.intro, f.modified, problem = nil, time.Time{}, err.Error()
	}
	if problem != "" && problem != f.problem {
		m.log.Error("no intro", zap.String("mount", m.Name), zap.String("file", name), zap.String("error", problem))
	}
	f.problem = problem
	return f.intro
}

func (f *introFile) load(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case info.Size() > longestIntro:
		return fmt.Errorf("larger than %d MiB", longestIntro>>20)
	case info.ModTime().Equal(f.modified) && info.Size() == f.size:
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	intro, err := readIntro(io.LimitReader(file, longestIntro))
	if err != nil {
		return err
	}
	f.intro, f.modified, f.size = intro, info.ModTime(), info.Size()
	return nil
}

func readIntro(r io.Reader) (*Intro, error) {
	mp3, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	intro := &Intro{Stream: newStream(math.MaxInt64)}
	var cutter frames.Cutter
	var splicer frames.Splicer
	cutter.Write(mp3)
	cutter.Finish()
	for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
		intro.Stream.append(splicer.Pass(f))
		intro.Duration += f.Duration()
	}
	if intro.Duration == 0 {
		return nil, errors.New("it holds no MP3 frame")
	}
	intro.Stream.close()
	return intro, nil
}
