package pull

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/codec/known"
	"relay/conf"
	"relay/icy"
	"relay/ingest/feed"
	"relay/ingest/pull/hls"
	"relay/internal/contain"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// maxWaitOnDemand bounds the wait between two attempts while a listener waits.
const maxWaitOnDemand = 5 * time.Second

// Relay pulls a stream from another server into a mount here, and never gives up. The
// mount comes into being when the stream does. When the stream is lost, the mount and
// its listeners wait for it to come back.
//
// On demand, the mount exists from the start, and the other server is asked only
// while the mount has a listener.
type Relay struct {
	Registry *mounts.Registry
	Puller   *Puller
	Log      *zap.Logger
	From     conf.Relay
	Timeout  time.Duration // a stream that sends nothing for this long is lost

	in      *mounts.Input // nil: not attached
	hls     *hls.Client   // nil: the stream never came in segments
	barren  []string      // playlist entries that had a stream without music since one last played
	problem string        // the last one that was logged; empty: none since the stream last played
}

// Run pulls until ctx is done or the server shuts down. It is called once.
func (r *Relay) Run(ctx context.Context) {
	address, _, _ := strings.Cut(r.From.URL, "?") // the query may be a key
	r.Log = r.Log.With(zap.String("mount", r.From.Mount), zap.String("from", address), logging.LimitPer(r.From.Mount))
	defer r.Registry.Promise(r.From.Mount, r.From.OnDemand)()
	defer r.detach()
	wait := feed.NewBackoff(r.maxWait())
	for {
		played, err := r.turn(ctx)
		if played >= feed.SteadyAfter {
			wait = feed.NewBackoff(r.maxWait())
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, mounts.ErrShutdown):
			return
		case errors.Is(err, feed.ErrNobodyListens):
			continue
		case isLasting(err):
			wait.Slow()
		}
		pause := wait.Next()
		r.complain(err, pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// maxWait bounds the time between two attempts. A listener that waits for a relay on
// demand must see at least one.
func (r *Relay) maxWait() time.Duration {
	if r.From.OnDemand {
		return maxWaitOnDemand
	}
	return feed.MaxWait
}

// turn makes one attempt, over one connection, and returns how long the stream played
// and why it ended.
func (r *Relay) turn(ctx context.Context) (played time.Duration, err error) {
	defer contain.Error(r.Log, &err)
	ctx, end := context.WithCancel(ctx)
	defer end() // always, so that no connection is left open
	if r.From.OnDemand {
		if err := r.attach(icy.Station{}, netip.Addr{}); err != nil {
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
	station, peer := icy.StationFromHeader(stream.Header, r.Registry.Charset(r.From.Mount)), netconn.Peer(stream.conn)
	var segments *hls.Stream
	if stream.inSegments {
		stream.Close() // the others come over connections of their own
		var end func()
		if segments, end, err = r.segments(ctx, stream); err != nil {
			r.avoid(stream.entry)
			r.giveUp()
			return 0, err
		}
		defer end()
	}
	if err := r.attach(station, peer); err != nil {
		return 0, err
	}
	r.Registry.Counts.Relays.Add(1)
	return r.play(stream, segments)
}

// segments returns the stream that a playlist of HLS leads to; end closes it.
func (r *Relay) segments(ctx context.Context, playlist *reply) (s *hls.Stream, end func(), err error) {
	first, err := url.Parse(r.From.URL)
	if err != nil {
		return nil, nil, err
	}
	f := newFetcher(r.Puller, first, login{r.From.User, r.From.Password.Reveal()})
	if r.hls == nil {
		r.hls = &hls.Client{Log: r.Log, Patience: r.Timeout, Text: func(text string) string {
			return icy.Given(icy.Text(text, "", r.Registry.Charset(r.From.Mount)))
		}}
	}
	r.hls.Get, r.hls.Codec = f.get, ""
	if c := r.Registry.FormatOf(r.From.Mount).Codec; c != nil {
		r.hls.Codec = c.Key()
	}
	s, err = r.hls.Open(ctx, hls.Request{URL: playlist.url, From: playlist.sender})
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return s, func() {
		s.Close()
		f.Close()
	}, nil
}

// awaitDemand waits for a listener of the mount. The error is that of ctx.
func (r *Relay) awaitDemand(ctx context.Context) error {
	audience := &r.in.Mount.Audience
	for !audience.Wanted() {
		select {
		case <-audience.NewListeners():
		case <-r.in.Ended():
			return r.in.Cause()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// attach gives the mount its input or, if it has one, updates the station words of
// that input.
func (r *Relay) attach(s icy.Station, ip netip.Addr) (err error) {
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

// play feeds the stream to the input until either ends. segments are nil unless it comes in
// some.
func (r *Relay) play(stream *reply, segments *hls.Stream) (time.Duration, error) {
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
	var body io.Reader
	if segments == nil {
		body = feed.NewPacedReader(stream.conn, stream.body, r.Timeout, in.Mount.ReadPace, in.Ended())
	} else {
		segments.Play(in, func(title string) { in.StreamTitle(mounts.Title{Text: title}) })
		body, stream.Header = segments, http.Header{} // that of the playlist
	}
	if r.From.OnDemand {
		body = feed.NewWantedReader(body, &in.Mount.Audience)
	}
	in.Reconnected()
	began := time.Now()
	audio := feed.AudioOf(body, stream.Header, in)
	label, _ := known.ByMediaType(stream.Header.Get("Content-Type"))
	stream.Reply = icy.Reply{} // free the head, which is not needed while the stream lasts
	stats, err := feed.Pump(r.Log, audio, label, in, r.Timeout)
	if in.Mount.ServerEnds() {
		err = mounts.ErrShutdown
	}
	in.SetDisconnectReason(feed.DisconnectReason(err))
	in.Pause()
	if cause := in.Cause(); cause != nil {
		err = cause
	}
	if errors.Is(err, feed.ErrNobodyListens) {
		in.SetTitle(mounts.Title{}) // it will be outdated when the stream returns
		r.hls = nil                 // so will be the place where it broke off
	}
	played := time.Since(began)
	r.Log.Info("relay disconnected", zap.String("reason", feed.DisconnectReason(err)), zap.Duration("played", played.Round(time.Second)),
		zap.Int64("units", stats.Units), zap.Int64("garbage", stats.Garbage), zap.Int64("resyncs", stats.Resyncs))
	if stats.Units == 0 {
		r.avoid(stream.entry)
		return 0, err
	}
	r.problem, r.barren = "", nil
	return played, err
}

// avoid remembers a playlist entry that had no music; empty: the stream came from none.
func (r *Relay) avoid(entry string) {
	if entry != "" && !slices.Contains(r.barren, entry) {
		r.barren = append(r.barren, entry)
	}
}

// giveUp detaches the input, and so ends the mount, unless the mount has listeners.
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

// complain logs why there is no stream, once per reason.
func (r *Relay) complain(err error, pause time.Duration) {
	problem := feed.DisconnectReason(err)
	level := zap.WarnLevel
	if problem == r.problem {
		level = zap.DebugLevel
	}
	r.problem = problem
	r.Log.Log(level, "relay has no stream", zap.String("reason", problem), zap.Duration("next attempt in", pause.Round(time.Second)))
}

// isLasting reports whether a fault will not pass without somebody's help.
func isLasting(err error) bool {
	var kind foreignError
	var refused *hls.RefusedError
	return errors.As(err, &kind) || errors.As(err, &refused) || errors.Is(err, feed.ErrNoAudio) || errors.Is(err, errLoop) || errors.Is(err, errTooManyHops)
}
