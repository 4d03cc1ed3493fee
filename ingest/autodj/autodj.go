package autodj

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/codec/known"
	"relay/codec/ogg"
	"relay/conf"
	"relay/icy"
	"relay/ingest/autodj/library"
	"relay/ingest/feed"
	"relay/internal/crew"
	"relay/internal/logging"
	"relay/mounts"
)

// Music is what one mount plays from disk or, in place of files, one track over and
// over.
type Music struct {
	Mount   string
	Station icy.Station
	Files   conf.Files
	Track   Track // nil: Files
	Spare   bool  // plays beside the mount's other Music, when that has nothing to play and no fallback plays
}

// AutoDJ plays the music of each mount that has some, with a Player per mount, and
// carries out operators' orders.
type AutoDJ struct {
	registry  *mounts.Registry
	converter Converter
	log       *zap.Logger
	rounds    string        // folder; empty: none
	changed   chan struct{} // signalled when playing was changed

	mu      sync.Mutex
	playing map[part]*programme
}

// part is the place of a Music in a mount.
type part struct {
	mount string
	spare bool
}

// programme is the music of a mount with everything that plays it.
type programme struct {
	Music
	player   *Player
	rotation *Rotation // nil: no files
	runs     []func(context.Context)
}

// New returns an AutoDJ without music, which brings tracks to the formats of mounts by
// converter; nil: tracks play as they are. The folder rounds keeps what was heard in the round
// of each mount, so that the round continues after a restart. It is made if need be; empty:
// each start begins new rounds.
func New(r *mounts.Registry, converter Converter, rounds string, log *zap.Logger) *AutoDJ {
	if converter == nil {
		converter = asItIs{}
	}
	return &AutoDJ{registry: r, converter: converter, log: log, rounds: rounds, changed: make(chan struct{}, 1), playing: map[part]*programme{}}
}

// Play replaces all music. Mounts whose music is the same are not disturbed; where it
// has changed, the new music replaces the old at a unit.
func (a *AutoDJ) Play(all []Music) {
	a.mu.Lock()
	defer a.mu.Unlock()
	playing := map[part]*programme{}
	for _, m := range all {
		at := part{m.Mount, m.Spare}
		if old := a.playing[at]; old != nil && reflect.DeepEqual(old.Music, m) {
			playing[at] = old
			continue
		}
		playing[at] = a.newProgramme(m)
	}
	a.playing = playing
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

func (a *AutoDJ) newProgramme(m Music) *programme {
	p := &programme{Music: m}
	if m.Track != nil {
		p.player = NewPlayer(a.registry, a.log, m.Mount, m.Station, func() (Track, bool) { return m.Track, true })
		p.player.Spare, p.player.Converter = m.Spare, a.converter
		return p
	}
	listed := func(paths []string, shuffle bool, kind string) *library.Library {
		l := library.New(paths, shuffle, m.Files.Rescan.Duration(), a.plays(m), a.log)
		if a.rounds != "" {
			l.Remember(filepath.Join(a.rounds, roundName(m.Mount, kind)))
		}
		p.runs = append(p.runs, l.Run)
		return l
	}
	p.rotation = &Rotation{probed: probed{convert: a.converter}, Library: listed(m.Files.Paths, m.Files.Order == conf.OrderShuffle, "music"), JingleEvery: m.Files.JingleEvery,
		Charset: func() string { return a.registry.Charset(m.Mount) }}
	if len(m.Files.Jingles) > 0 && m.Files.JingleEvery > 0 {
		p.rotation.Jingles = listed(m.Files.Jingles, true, "jingles")
	}
	p.player = NewPlayer(a.registry, a.log, m.Mount, m.Station, p.rotation.Next)
	p.player.Heard, p.player.Failed, p.player.Converter = p.rotation.Heard, p.rotation.Failed, a.converter
	p.player.Changed = p.rotation.Library.Changed()
	return p
}

// plays returns which files a mount can play: all that are music, or without ffmpeg those
// that have the codec of the mount.
func (a *AutoDJ) plays(m Music) library.Plays {
	return func(ending string) bool {
		if a.converter.Problem() == nil {
			return true
		}
		c := cmp.Or(a.registry.FormatOf(m.Mount).Codec, known.ByKey(m.Files.Codec), known.Default)
		return ending == c.Extension() || ending == ".ogg" && c.MediaType() == ogg.Opus.MediaType()
	}
}

// roundName returns a file name for the round of a mount: the mount's own name may be
// longer than a file name can be.
func roundName(mount, kind string) string {
	sum := sha256.Sum256([]byte(mount))
	return fmt.Sprintf("%x-%s", sum[:8], kind)
}

// farewell is how long players may take to end, even if a disk does not answer.
const farewell = 3 * time.Second

// Run plays until ctx is done.
func (a *AutoDJ) Run(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		crew.Run(ctx, a.wanted, a.play, a.changed)
	}()
	<-ctx.Done()
	select {
	case <-ended:
	case <-time.After(farewell):
	}
}

func (a *AutoDJ) wanted() []*programme {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Collect(maps.Values(a.playing))
}

// play plays a programme until ctx is done, even after its mount has ended.
func (a *AutoDJ) play(ctx context.Context, p *programme) {
	var running sync.WaitGroup
	for _, run := range p.runs {
		running.Go(func() { run(ctx) })
	}
	if p.Spare && a.of(p.Mount) != p {
		select {
		case <-time.After(feed.SilenceAfter): // something better may begin first
		case <-ctx.Done():
			return
		}
	}
	if err := p.player.Run(ctx); err != nil {
		a.log.Error("music stopped", zap.String("mount", p.Mount), zap.Error(err), logging.LimitPer(p.Mount))
	}
	<-ctx.Done()
	running.Wait()
}

// of returns the programme of a mount, or an empty one.
func (a *AutoDJ) of(mount string) *programme {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, spare := range []bool{false, true} {
		if p := a.playing[part{mount, spare}]; p != nil {
			return p
		}
	}
	return &programme{}
}

// Skip ends the track that a mount's player plays. The errors of this and the
// following methods are sentences for the operator.
func (a *AutoDJ) Skip(mount string) error {
	p := a.of(mount).player
	if p == nil {
		return errNoMusic(mount)
	}
	return p.Skip()
}

// Queue appends a file of a mount's music to the queue.
func (a *AutoDJ) Queue(mount, file string) error {
	r, err := a.rotation(mount)
	if err != nil {
		return err
	}
	return r.Queue(file)
}

// Coming returns a mount's queue, followed by the next tracks of its library.
func (a *AutoDJ) Coming(mount string) ([]mounts.Coming, error) {
	r, err := a.rotation(mount)
	if err != nil {
		return nil, err
	}
	return r.Coming(), nil
}

// Unplayable returns the music of a mount that cannot be played.
func (a *AutoDJ) Unplayable(mount string) ([]mounts.Unplayable, error) {
	r, err := a.rotation(mount)
	if err != nil {
		return nil, err
	}
	return r.Unplayable(), nil
}

// ClearQueue empties the queue of a mount.
func (a *AutoDJ) ClearQueue(mount string) error {
	r, err := a.rotation(mount)
	if err != nil {
		return err
	}
	r.ClearQueue()
	return nil
}

// rotation returns the Rotation of a mount. The music that comes with relay plays
// without one.
func (a *AutoDJ) rotation(mount string) (*Rotation, error) {
	p := a.of(mount)
	switch {
	case p.rotation != nil:
		return p.rotation, nil
	case p.player != nil:
		return nil, fmt.Errorf("%s plays the music that comes with relay, which has no queue: give it files of its own", mount)
	}
	return nil, errNoMusic(mount)
}

func errNoMusic(mount string) error { return fmt.Errorf("%s has no music of its own", mount) }
