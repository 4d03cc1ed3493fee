package mounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/known"
	"relay/conf"
	"relay/internal/logging"
)

// maxIntro is the maximum size of an intro in bytes: it is kept in memory.
const maxIntro = 32 << 20

// Intro is a piece that each listener of a mount hears before the stream.
type Intro struct {
	Stream   *Stream // whole units, decodable from the first one on; it has ended
	Duration time.Duration
	Format   codec.Format  // of the first unit
	GoesOn   time.Duration // place of the mount's stream that follows it in the same link; 0: any does
}

// Bytes returns how many bytes of the intro a burst is.
func (i *Intro) Bytes(burst conf.Burst) int64 {
	share := min(1, float64(burst.Time)/float64(i.Duration))
	return max(int64(burst.Size), int64(share*float64(i.Stream.End())))
}

// introPatience is how long a new listener waits for the disk to tell whether the intro
// has changed.
const introPatience = 250 * time.Millisecond

// introFile is the file of a mount's intro and its content at the last check.
type introFile struct {
	mu      sync.Mutex
	intro   *Intro
	problem string        // the last problem that was reported
	unlike  *Intro        // the last one that tellUnlike has named
	inLink  linkedIntro   // the last one that joined has made
	looking chan struct{} // closed when the check in progress is over; nil: there is none
	late    bool          // the check has taken longer than any listener waits

	converted convertedIntro

	size     int64 // used only by the check
	modified time.Time
}

// A convertedIntro is an intro in the format of its mount.
type convertedIntro struct {
	intro *Intro // nil: the conversion is in progress or has failed
	of    *Intro
	to    codec.Format
	again time.Time // when a conversion that has failed may be tried again; zero: it has not
}

// introConversion bounds the time of a conversion.
const introConversion = time.Minute

// Intro returns the mount's intro for a new listener, or nil if there is none. Where the
// codec has links, it belongs to the link of the stream, because players stop at a new one.
func (m *Mount) Intro() *Intro {
	i := m.currentIntro()
	if i == nil {
		return nil
	}
	defer m.registry.held.Write()
	m.mu.Lock()
	now, age, title := m.Stream.tail, m.Stream.Played()-m.Stream.tail.linked, m.Stream.lastTitle
	fits := i.Format.Codec.MediaType() == m.mediaType()
	linked := i.Stream.tail.link != nil
	if fits && linked && now.link != nil && i.Format != now.format {
		m.introFile.tellUnlike(m, i)
		fits = false
	}
	m.mu.Unlock()
	switch {
	case !fits || linked && now.link == nil: // nothing to introduce
		return nil
	case !linked:
		return i
	}
	return m.introFile.joined(i, now, age-i.playing(i.Bytes(m.Burst())), title)
}

// joinedFor is how long listeners share the pages of an intro that belong to a link: as
// long as their places in the link are about the same.
const joinedFor = time.Second

// joined returns an intro as a part of a link. Its first unit sounds at a time of the link
// such that the stream goes on where the intro ends.
func (f *introFile) joined(i *Intro, now *chunk, from time.Duration, title *TitleMark) *Intro {
	f.mu.Lock()
	defer f.mu.Unlock()
	if j := &f.inLink; j.of == i && j.link == now.link && time.Since(j.made) < joinedFor {
		return j.intro
	}
	at := i.Stream.Behind(i.Duration)
	splicer := now.link.Splicer(from)
	intro := &Intro{Stream: newStream(everything), Duration: i.Duration, Format: i.Format}
	intro.Stream.mark(title.Kind, title.Title, title.Play)
	for u, ok := at.NextUnit(); ok && u.Format == now.format; u, ok = at.NextUnit() {
		u.Data = splicer.Pass(u)
		intro.Stream.append(u, now.link)
	}
	intro.Stream.close()
	intro.GoesOn = now.linked + from + intro.Stream.Played()
	f.inLink = linkedIntro{of: i, link: now.link, intro: intro, made: time.Now()}
	return intro
}

// linkedIntro is an intro whose pages belong to a link.
type linkedIntro struct {
	of    *Intro
	link  codec.Link
	intro *Intro
	made  time.Time
}

// playing returns how long so many bytes of the intro play.
func (i *Intro) playing(bytes int64) time.Duration {
	return time.Duration(float64(i.Duration) * float64(bytes) / float64(i.Stream.End()))
}

// tellUnlike says, once for each file, that an intro has another setup than the stream.
// m.mu is held.
func (f *introFile) tellUnlike(m *Mount, i *Intro) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unlike == i {
		return
	}
	f.unlike = i
	m.say(zap.WarnLevel, "listeners get no intro: its parameters differ from those of the stream; make it with the encoder of the source",
		zap.Stringer("format", i.Format))
}

// currentIntro returns the mount's intro in the format of the mount, or nil if there is
// none. It reads the file again if it has changed. If the file cannot be read or converted, the
// operator is told. If the disk does not answer, the previous intro is played, without
// waiting; nor does anybody wait for a conversion.
func (m *Mount) currentIntro() *Intro {
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
		go m.lookAtIntro(name, looking) // ends with the disk's answer, for which no listener can wait
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
	return m.fittingIntro(name)
}

// fittingIntro returns the intro that is known, in the format of the mount, or nil. If it
// has to be converted, that begins.
func (m *Mount) fittingIntro(name string) *Intro {
	to, f := m.Format(), &m.introFile
	to.Setup = codec.Format{}.Setup
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &f.converted
	switch {
	case f.intro == nil || m.registry.converter == nil:
		return f.intro
	case f.intro.Format.Fits(to) || to.Codec == nil:
		return f.intro
	case c.of != f.intro || c.to != to || !c.again.IsZero() && time.Now().After(c.again):
		*c = convertedIntro{of: f.intro, to: to}
		go m.convertIntro(name, *c) // no listener can wait for it
	}
	return c.intro
}

// convertIntro makes the intro that c describes.
func (m *Mount) convertIntro(name string, c convertedIntro) {
	var err error
	if c.intro, err = m.registry.convertIntro(name, c.to); err != nil {
		c.again = time.Now().Add(tryAgainAfter)
		m.log.Error("listeners get no intro: it has another format than the mount and cannot be converted", zap.String("mount", m.Name), zap.String("file", name),
			zap.Stringer("format", c.of.Format), zap.Stringer("format of the mount", c.to), zap.Error(err), logging.LimitPer(m.Name))
	}
	f := &m.introFile
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.converted.of == c.of && f.converted.to == c.to {
		f.converted = c
	}
}

// convertIntro reads a file in a format.
func (r *Registry) convertIntro(name string, to codec.Format) (*Intro, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(r.untilEnd(), introConversion)
	defer stop()
	audio := r.converter.Convert(ctx, file, known.Complete(to))
	defer audio.Close()
	return readIntro(io.LimitReader(audio, maxIntro))
}

// prepareIntro converts the intro before a listener asks for it.
func (m *Mount) prepareIntro() {
	if m.Config().IntroFile != "" && m.registry.converter != nil {
		go m.currentIntro() // ends with the disk's answer
	}
}

// TryIntro returns why a file cannot be an intro. It blocks as long as the disk does.
func TryIntro(path string) error {
	var f introFile
	_, _, err := f.load(path)
	return err
}

// introIsLate makes later calls not wait for the check in progress.
func (m *Mount) introIsLate(name string, looking chan struct{}) {
	f := &m.introFile
	f.mu.Lock()
	first := f.looking == looking && !f.late
	f.late = f.late || first
	f.mu.Unlock()
	if first {
		m.log.Error("the disk does not answer: listeners get the last intro that was read, if there is one", zap.String("mount", m.Name), zap.String("file", name), logging.LimitPer(m.Name))
	}
}

// lookAtIntro reads the file, if it has changed, and closes done.
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

// load reads the file, unless it is unchanged since the last time.
func (f *introFile) load(name string) (intro *Intro, changed bool, err error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, false, err
	case !info.Mode().IsRegular():
		return nil, false, errors.New("not a regular file")
	case info.Size() > maxIntro:
		return nil, false, fmt.Errorf("larger than %d MiB", maxIntro>>20)
	case info.ModTime().Equal(f.modified) && info.Size() == f.size:
		return nil, false, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	if intro, err = readIntro(io.LimitReader(file, maxIntro)); err != nil {
		return nil, false, err
	}
	f.modified, f.size = info.ModTime(), info.Size()
	return intro, true, nil
}

func readIntro(r io.Reader) (*Intro, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	intro := &Intro{Stream: newStream(everything)}
	framer := known.NewFramer()
	var splicer codec.Splicer
	var sample known.Sample
	framer.Write(data)
	framer.Finish()
	for u, ok := framer.Next(); ok; u, ok = framer.Next() {
		if splicer == nil {
			intro.Format, splicer = u.Format, u.Format.Codec.NewSplicer()
		}
		u.Data = splicer.Pass(u)
		intro.Stream.append(u, splicer.Link())
		intro.Duration += u.Length
	}
	if intro.Duration == 0 {
		sample.Add(data, framer.Stats())
		return nil, sample.Err(framer.Err())
	}
	intro.Stream.close()
	return intro, nil
}
