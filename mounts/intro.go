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
	"relay/internal/logging"
)

// longestIntro bounds an intro in bytes: it is kept in memory.
const longestIntro = 32 << 20

// Intro is a piece that each listener of a mount hears before the stream.
type Intro struct {
	Stream   *Stream // whole frames, made to decode from the first on; it has ended
	Duration time.Duration
}

// introPatience is how long a listener who comes waits for the disk to tell
// whether the intro is another by now.
const introPatience = 250 * time.Millisecond

// introFile is the file of a mount's intro and what was in it when it was last
// looked at.
type introFile struct {
	mu      sync.Mutex
	intro   *Intro
	problem string        // that was told last
	looking chan struct{} // closed when the look under way is over; nil: none is
	late    bool          // it has taken longer than anybody waits

	size     int64 // of whoever is looking
	modified time.Time
}

// Intro returns the mount's intro, or nil where there is none. The file is
// read again when it has changed. One that cannot be read is told to the
// operator; where the disk does not answer, the intro known before is played,
// and nobody waits.
func (m *Mount) Intro() *Intro {
	name := m.Config().IntroFile
	if name == "" {
		return nil
	}
	f := &m.introFile
	f.mu.Lock()
	looking, late := f.looking, f.late
	if looking == nil {
		looking = make(chan struct{})
		f.looking = looking
		go m.lookAtIntro(name, looking) // ends with the disk's answer, for which nobody can wait
	}
	f.mu.Unlock()
	if !late {
		patience := time.NewTimer(introPatience)
		defer patience.Stop()
		select {
		case <-looking:
		case <-patience.C:
			m.introIsLate(name, looking)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.intro
}

// introIsLate keeps others from waiting for the look that is under way.
func (m *Mount) introIsLate(name string, looking chan struct{}) {
	f := &m.introFile
	f.mu.Lock()
	first := f.looking == looking && !f.late
	f.late = f.late || first
	f.mu.Unlock()
	if first {
		m.log.Error("the disk does not answer, nobody waits for the intro", zap.String("mount", m.Name), zap.String("file", name), logging.LimitPer(m.Name))
	}
}

// lookAtIntro reads the file, if it has changed, and says so by closing done.
func (m *Mount) lookAtIntro(name string, done chan struct{}) {
	f := &m.introFile
	intro, changed, err := f.load(name)
	f.mu.Lock()
	problem := ""
	switch {
	case err != nil:
		f.intro, f.modified, problem = nil, time.Time{}, err.Error()
	case changed:
		f.intro = intro
	}
	isNew := problem != "" && problem != f.problem
	f.problem, f.looking, f.late = problem, nil, false
	f.mu.Unlock()
	if isNew {
		m.log.Error("no intro", zap.String("mount", m.Name), zap.String("file", name), zap.String("error", problem), logging.LimitPer(m.Name))
	}
	close(done)
}

// load reads the file, unless it is as it was when it was last read.
func (f *introFile) load(name string) (intro *Intro, changed bool, err error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, false, err
	case !info.Mode().IsRegular():
		return nil, false, errors.New("not a regular file")
	case info.Size() > longestIntro:
		return nil, false, fmt.Errorf("larger than %d MiB", longestIntro>>20)
	case info.ModTime().Equal(f.modified) && info.Size() == f.size:
		return nil, false, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	if intro, err = readIntro(io.LimitReader(file, longestIntro)); err != nil {
		return nil, false, err
	}
	f.modified, f.size = info.ModTime(), info.Size()
	return intro, true, nil
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
