package ingest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/mounts"
)

// steadyAfter is how long a stream must have played for its loss to be met
// with an attempt at once, as if it were the first.
const steadyAfter = time.Minute

// Relay pulls a stream from another server into a mount here, for ever. The
// mount comes into being when the stream does. When the stream is lost, the
// mount and its listeners wait for it to come back.
//
// On demand, the mount is there from the start, and the other server is asked
// as long as somebody listens.
type Relay struct {
	Registry *mounts.Registry
	Puller   *Puller
	Log      *zap.Logger
	From     conf.Relay
	Timeout  time.Duration // a stream that sends nothing for so long is lost
	Pace     time.Duration // how often it is read from, see pacedReader

	in      *mounts.Input // nil: not attached
	barren  []string      // entries of a playlist that had a stream without music since one last played
	problem string        // the last one logged; empty: none since the stream last played
}

// Run pulls until ctx ends or the server shuts down. It is called once.
func (r *Relay) Run(ctx context.Context) {
	address, _, _ := strings.Cut(r.From.URL, "?") // what follows may be a key
	r.Log = r.Log.With(zap.String("mount", r.From.Mount), zap.String("from", address), logging.LimitPer(r.From.Mount))
	defer r.detach()
	wait := newBackoff(r.longestWait())
	for {
		played, err := r.turn(ctx)
		if played >= steadyAfter {
			wait = newBackoff(r.longestWait())
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, mounts.ErrShutdown):
			return
		case errors.Is(err, errNobodyListens):
			continue
		case isLasting(err):
			wait.slow()
		}
		pause := wait.next()
		r.complain(err, pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// longestWait bounds the time between two attempts. A listener who waits for a
// relay on demand shall see one.
func (r *Relay) longestWait() time.Duration {
	if r.From.OnDemand {
		return longestWaitOnDemand
	}
	return longestWait
}

// turn pulls over one connection, and returns how long the stream played and
// why it ended.
func (r *Relay) turn(ctx context.Context) (played time.Duration, err error) {
	defer contain(r.Log, &err)
	ctx, end := context.WithCancel(ctx)
	defer end() // whatever happens, no connection is left open
	if r.From.OnDemand {
		if err := r.attach(icy.Station{}, ""); err != nil {
			return 0, err
		}
		if err := r.awaitDemand(ctx); err != nil {
			return 0, err
		}
	}
	stream, err := r.Puller.stream(ctx, r.From.URL, login{r.From.User, r.From.Password.Reveal()}, r.From.Mount, r.barren...)
	if err != nil {
		r.giveUp()
		return 0, err
	}
	defer stream.Close()
	if err := r.attach(icy.StationFromHeader(stream.Header, r.Registry.Charset(r.From.Mount)), host(stream.conn.RemoteAddr().String())); err != nil {
		return 0, err
	}
	r.Registry.Counts.Relays.Add(1)
	return r.play(stream)
}

// attach gives the mount its input, or the input it has the words of the
// station.
func (r *Relay) attach(s icy.Station, ip string) (err error) {
	if r.in != nil {
		select {
		case <-r.in.Ended():
		default:
			if s != (icy.Station{}) {
				r.in.Retune(s)
			}
			return nil
		}
	}
	r.in, err = r.Registry.Attach(r.From.Mount, mounts.Feed{Kind: mounts.Relayed, Station: s, Addr: ip, OnDemand: r.From.OnDemand})
	return err
}

// play feeds the stream to the input until either ends.
func (r *Relay) play(stream *reply) (time.Duration, error) {
	in := r.in
	r.Log.Info("relay connected", zap.String("name", in.Station.Name), zap.String("server", stream.Header.Get("Server")))
	served := make(chan struct{})
	defer close(served)
	go func() {
		select {
		case <-in.Ended(): // kicked: wake the read
			stream.conn.Close()
		case <-served:
		}
	}()
	var body io.Reader = newPacedReader(stream.conn, stream.body, r.Timeout, r.Pace, in.Ended())
	if r.From.OnDemand {
		body = &wantedReader{from: body, audience: &in.Mount.Audience, last: time.Now()}
	}
	began := time.Now()
	audio := audioOf(body, stream.Header, in)
	stream.Reply = icy.Reply{} // the head is not needed as long as the stream lasts
	stats, err := pump(r.Log, audio, in, r.Timeout)
	if in.Mount.ServerEnds() {
		err = mounts.ErrShutdown
	}
	in.Leaving(leaveReason(err))
	in.Pause()
	if cause := in.Cause(); cause != nil {
		err = cause
	}
	if errors.Is(err, errNobodyListens) {
		in.SetTitle(mounts.Title{}) // of a time that will be long past
	}
	played := time.Since(began)
	r.Log.Info("relay disconnected", zap.String("reason", leaveReason(err)), zap.Duration("played", played.Round(time.Second)),
		zap.Int64("frames", stats.Frames), zap.Int64("garbage", stats.Garbage), zap.Int64("resyncs", stats.Resyncs))
	if stats.Frames == 0 {
		if stream.entry != "" && !slices.Contains(r.barren, stream.entry) {
			r.barren = append(r.barren, stream.entry)
		}
		return 0, err
	}
	r.problem, r.barren = "", nil
	return played, err
}

// giveUp lets the mount go for which there is no stream, unless somebody
// listens.
func (r *Relay) giveUp() {
	if r.in != nil && !r.From.OnDemand && !r.in.Mount.Audience.Wanted() {
		r.detach()
	}
}

func (r *Relay) detach() {
	if r.in != nil {
		r.in.Detach()
		r.in = nil
	}
}

// complain logs why there is no stream, once for every reason.
func (r *Relay) complain(err error, pause time.Duration) {
	problem := leaveReason(err)
	level := zap.WarnLevel
	if problem == r.problem {
		level = zap.DebugLevel
	}
	r.problem = problem
	r.Log.Log(level, "relay has no stream", zap.String("reason", problem), zap.Duration("next attempt in", pause.Round(time.Second)))
}

// isLasting reports whether a reason not to have a stream will not pass by
// itself.
func isLasting(err error) bool {
	var kind notMP3Error
	return errors.As(err, &kind) || errors.Is(err, errNotMP3) || errors.Is(err, errLoop) || errors.Is(err, errTooManyHops)
}
