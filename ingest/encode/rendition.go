package encode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/known"
	"relay/conf"
	"relay/ingest/feed"
	"relay/internal/logging"
	"relay/mounts"
)

// Rendition plays the stream of a mount at another bit rate or by another codec: an
// encoder process gets the units of one mount, and its output is the stream of the other.
type Rendition struct {
	Registry *mounts.Registry
	Log      *zap.Logger
	Of       string // name of the mount that is encoded
	To       conf.Rendition
	Timeout  time.Duration // an encoder that takes or sends nothing for this long is stopped
	Pace     time.Duration // how often the stream is checked for new units
	Buffer   int64         // how far the encoder may fall behind the stream, in bytes

	in      *mounts.Input // nil: not attached
	problem string        // the last one that was logged
}

var (
	errNothingToEncode = errors.New("the mount that it encodes no longer plays")
	errOtherFormat     = errors.New("the mount that it encodes has another format now")
)

// Run encodes until ctx is done, and starts the encoder again when it fails. It is
// called once.
func (r *Rendition) Run(ctx context.Context) {
	r.Log = r.Log.With(zap.String("mount", r.To.Name), zap.String("of", r.Of), logging.LimitPer(r.To.Name))
	defer r.Registry.Promise(r.To.Name, r.To.OnDemand)()
	defer r.detach()
	wait := feed.NewBackoff(feed.MaxWait)
	for {
		from, err := r.awaitWork(ctx)
		if err != nil {
			return
		}
		began := time.Now()
		err = r.encode(ctx, from)
		switch {
		case ctx.Err() != nil || errors.Is(err, mounts.ErrShutdown):
			return
		case errors.Is(err, errOtherFormat) && time.Since(began) < steady:
		case errors.Is(err, feed.ErrNobodyListens), errors.Is(err, errNothingToEncode), errors.Is(err, errOtherFormat):
			wait = feed.NewBackoff(feed.MaxWait)
			continue
		case time.Since(began) >= feed.SteadyAfter:
			wait = feed.NewBackoff(feed.MaxWait)
		}
		pause := wait.Next()
		if problem := err.Error(); problem != r.problem {
			r.problem = problem
			r.Log.Warn("the encoder has ended", zap.String("reason", problem), zap.Duration("next attempt in", pause.Round(time.Second)))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// awaitWork waits until the mount to encode plays and, on demand, until the rendition
// has a listener, and returns that mount. The error is that of ctx, or
// mounts.ErrShutdown.
func (r *Rendition) awaitWork(ctx context.Context) (*mounts.Mount, error) {
	tick := time.NewTicker(r.Pace)
	defer tick.Stop()
	for {
		from := r.Registry.Find(r.Of)
		switch {
		case from != nil && from.Playing() && from.Stream.Played() > 0:
			if err := r.attach(from); err != nil {
				return nil, err
			}
			if !r.To.OnDemand || r.in.Mount.Audience.Wanted() {
				return from, nil
			}
		case r.in != nil && !r.in.Mount.Audience.Wanted():
			r.detach()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// attach gives the rendition's mount an input, which has nothing to play yet.
func (r *Rendition) attach(from *mounts.Mount) (err error) {
	station := from.Programme().Station
	station.BitRate, station.AudioInfo, station.Type = r.To.BitRate, "", ""
	if r.in != nil {
		select {
		case <-r.in.Ended():
		default:
			r.in.Retune(station)
			return nil
		}
	}
	r.in, err = r.Registry.Attach(r.To.Name, mounts.Feed{Kind: mounts.Encoded, Station: station, From: r.Of, OnDemand: r.To.OnDemand})
	return err
}

func (r *Rendition) detach() {
	if r.in != nil {
		r.in.Detach()
		r.in = nil
	}
}

// encode runs the encoder until it ends or must be stopped, and returns why.
func (r *Rendition) encode(ctx context.Context, from *mounts.Mount) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	codedBy := lastCodec(from)
	p, err := start(r.command(ctx, codedBy))
	if err != nil {
		return err
	}
	in := r.in
	fed := make(chan error, 1)
	go func() {
		err := r.feed(ctx, p.stdin, from, codedBy, in)
		p.stdin.Close() // the encoder writes the rest of its output, and ends
		if errors.Is(err, os.ErrDeadlineExceeded) {
			stop()
		}
		fed <- err
	}()
	watched := &watchedReader{from: p.stdout}
	go func() {
		defer stop()
		watched.untilStill(ctx, in.Ended(), r.Timeout)
	}()
	var audio io.Reader = watched
	if r.To.OnDemand {
		audio = feed.NewWantedReader(audio, &in.Mount.Audience)
	}
	r.Log.Info("encoder started", zap.Int("kbit/s", r.To.BitRate))
	stats, err := feed.Pump(r.Log, audio, known.Unlabelled, in, r.Timeout)
	in.Pause()
	if !errors.Is(err, io.EOF) {
		stop()
	}
	ended := p.wait()
	stop()
	why := <-fed
	if errors.Is(err, io.EOF) && (errors.Is(why, errNothingToEncode) || errors.Is(why, errOtherFormat)) {
		err = why
	}
	switch {
	case in.Cause() != nil:
		err = in.Cause()
	case errors.Is(why, os.ErrDeadlineExceeded):
		err = fmt.Errorf("it accepted nothing for %v", r.Timeout)
	case errors.Is(err, io.EOF) && watched.still.Load():
		err = fmt.Errorf("it sent nothing for %v", r.Timeout)
	case errors.Is(err, io.EOF):
		err = ended
	}
	r.Log.Info("encoder ended", zap.String("reason", err.Error()), zap.Int64("units", stats.Units))
	return err
}

// command is the configured encoder, or else ffmpeg.
func (r *Rendition) command(ctx context.Context, from codec.Codec) *exec.Cmd {
	rate := strconv.Itoa(r.To.BitRate)
	if r.To.Command != "" {
		cmd := exec.CommandContext(ctx, "sh", "-c", r.To.Command)
		cmd.Env = append(os.Environ(), "RELAY_BITRATE="+rate)
		return cmd
	}
	to := r.in.Mount.Format()
	if c := known.ByKey(r.To.Codec); c != nil && c != to.Codec {
		to = codec.Format{Codec: c} // what the mount has settled on was another
	}
	return ffmpeg(ctx, from, to, r.To.BitRate)
}

// steady is how long an encoder must have run so that another one is started at once when
// the codec of the mount changes.
const steady = 10 * time.Second

// lastCodec returns the codec that a mount plays.
func lastCodec(m *mounts.Mount) codec.Codec {
	last, _ := m.LastUnit()
	return last.Format.Codec
}

// feed writes the mount's units to the encoder as they are played, and gives the
// rendition the titles. It begins some seconds back, so that the rendition has a
// burst at once. An encoder that cannot keep up is moved forward, as a listener is:
// otherwise it would keep more and more of the stream in memory.
func (r *Rendition) feed(ctx context.Context, encoder patient, from *mounts.Mount, codedBy codec.Codec, in *mounts.Input) error {
	at := from.Stream.Behind(max(0, -in.Ahead()))
	began := false
	var joined codec.Assembler
	var data []byte
	var recovered int64 // offset at which it has caught up again; 0: it has not fallen behind since
	tick := time.NewTicker(r.Pace)
	defer tick.Stop()
	for {
		if from.Stream.End()-at.Offset() > r.Buffer {
			if recovered == 0 {
				r.Log.Warn("the encoder is too slow: the rendition has gaps")
			}
			at = from.Stream.Behind(0)
			joined.Cut()
			recovered = at.Offset() + r.Buffer
		}
		if title := at.Block(); title != nil {
			in.CarryTitle(title)
			at.Shown(title)
		}
		u, ok := at.NextUnit()
		switch {
		case !ok || codedBy == nil || u.Format.Codec == codedBy:
		case !began && codedBy == lastCodec(from): // the burst of the stream still holds units of the codec before
			continue
		default:
			return errOtherFormat
		}
		if ok {
			began = true
			data = joined.Append(data[:0], u, codec.Tags{})
			encoder.SetWriteDeadline(time.Now().Add(r.Timeout))
			if _, err := encoder.Write(data); err != nil {
				return err
			}
			continue
		}
		if at.Offset() > recovered {
			recovered = 0
		}
		if !from.Playing() || r.Registry.Find(from.Name) != from {
			return errNothingToEncode
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// patient is a writer with a deadline.
type patient interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// watchedReader counts reads, so that untilStill notices when output stops.
type watchedReader struct {
	from  io.Reader
	reads atomic.Int64
	still atomic.Bool
}

func (w *watchedReader) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	w.reads.Add(1)
	return n, err
}

// untilStill returns when nothing was read for timeout, when ended is closed or when
// ctx is done.
func (w *watchedReader) untilStill(ctx context.Context, ended <-chan struct{}, timeout time.Duration) {
	tick := time.NewTicker(timeout)
	defer tick.Stop()
	for last := int64(-1); ; {
		now := w.reads.Load()
		if now == last {
			w.still.Store(true)
			return
		}
		last = now
		select {
		case <-tick.C:
		case <-ended:
			return
		case <-ctx.Done():
			return
		}
	}
}
