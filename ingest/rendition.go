package ingest

import (
	"bytes"
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

	"relay/conf"
	"relay/internal/logging"
	"relay/mounts"
)

// Rendition plays the stream of a mount at another bit rate: an encoder, a
// program of its own, gets the frames of the one and gives those of the other.
type Rendition struct {
	Registry *mounts.Registry
	Log      *zap.Logger
	Of       string // mount
	To       conf.Rendition
	Timeout  time.Duration // an encoder that takes or gives nothing for so long hangs
	Pace     time.Duration // how often the stream is looked at
	Buffer   int64         // how far the encoder may fall behind the stream, in bytes

	in      *mounts.Input // nil: not attached
	problem string        // the last one logged
}

// encoderTime is how long an encoder that is told to stop may take.
const encoderTime = 2 * time.Second

var errNothingToEncode = errors.New("the mount it is made of plays nothing any more")

// Run encodes until ctx ends, and starts the encoder again when it fails. It is
// called once.
func (r *Rendition) Run(ctx context.Context) {
	r.Log = r.Log.With(zap.String("mount", r.To.Name), zap.String("of", r.Of), logging.LimitPer(r.To.Name))
	defer r.detach()
	wait := newBackoff(longestWait)
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
		case errors.Is(err, errNobodyListens), errors.Is(err, errNothingToEncode):
			wait = newBackoff(longestWait)
			continue
		case time.Since(began) >= steadyAfter:
			wait = newBackoff(longestWait)
		}
		pause := wait.next()
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

// awaitWork returns the mount to encode when it plays and, on demand, when
// somebody wants to hear the rendition. The error is that of ctx, or
// mounts.ErrShutdown.
func (r *Rendition) awaitWork(ctx context.Context) (*mounts.Mount, error) {
	tick := time.NewTicker(r.Pace)
	defer tick.Stop()
	for {
		from := r.Registry.Find(r.Of)
		switch {
		case from != nil && from.Playing():
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

// attach gives the rendition's mount its input, which has nothing to play yet.
func (r *Rendition) attach(from *mounts.Mount) (err error) {
	station := from.Programme().Station
	station.BitRate, station.AudioInfo = r.To.BitRate, ""
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

// encode runs the encoder until it ends, or must.
func (r *Rendition) encode(ctx context.Context, from *mounts.Mount) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := r.command(ctx)
	var said tail
	cmd.Stderr = &said
	cmd.WaitDelay = encoderTime
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start the encoder: %w", err)
	}
	in := r.in
	fed := make(chan error, 1)
	go func() {
		err := r.feed(ctx, stdin.(*os.File), from, in)
		stdin.Close() // the encoder gives what it still has, and ends
		if errors.Is(err, os.ErrDeadlineExceeded) {
			stop()
		}
		fed <- err
	}()
	watched := &watchedReader{from: stdout}
	go func() {
		defer stop()
		watched.untilStill(ctx, in.Ended(), r.Timeout)
	}()
	var audio io.Reader = watched
	if r.To.OnDemand {
		audio = &wantedReader{from: audio, audience: &in.Mount.Audience, last: time.Now()}
	}
	r.Log.Info("encoder started", zap.Int("kbit/s", r.To.BitRate))
	stats, err := pump(r.Log, audio, in, r.Timeout)
	in.Pause()
	if !errors.Is(err, io.EOF) {
		stop()
	}
	ended := cmd.Wait()
	stop()
	why := <-fed
	if errors.Is(err, io.EOF) && errors.Is(why, errNothingToEncode) {
		err = why
	}
	switch {
	case in.Cause() != nil:
		err = in.Cause()
	case errors.Is(why, os.ErrDeadlineExceeded):
		err = fmt.Errorf("it took nothing for %v", r.Timeout)
	case errors.Is(err, io.EOF) && watched.still.Load():
		err = fmt.Errorf("it gave nothing for %v", r.Timeout)
	case errors.Is(err, io.EOF) && said.String() != "":
		err = fmt.Errorf("it said: %s", said.String())
	case errors.Is(err, io.EOF) && ended != nil:
		err = ended
	case errors.Is(err, io.EOF):
		err = errors.New("it stopped by itself")
	}
	r.Log.Info("encoder ended", zap.String("reason", err.Error()), zap.Int64("frames", stats.Frames))
	return err
}

// command is the encoder that is configured, or ffmpeg.
func (r *Rendition) command(ctx context.Context) *exec.Cmd {
	rate := strconv.Itoa(r.To.BitRate)
	if r.To.Command != "" {
		cmd := exec.CommandContext(ctx, "sh", "-c", r.To.Command)
		cmd.Env = append(os.Environ(), "RELAY_BITRATE="+rate)
		return cmd
	}
	return exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error",
		"-f", "mp3", "-fflags", "nobuffer", "-i", "pipe:0", "-map", "0:a:0", "-c:a", "libmp3lame", "-b:a", rate+"k",
		"-f", "mp3", "-write_xing", "0", "-id3v2_version", "0", "-flush_packets", "1", "pipe:1")
}

// feed gives the encoder the frames of the mount as they are played, and the
// rendition its titles. It begins a little behind, so that the rendition has a
// burst at once. An encoder that cannot keep up is moved forward, as a listener
// would be: nobody may hold the stream without end.
func (r *Rendition) feed(ctx context.Context, encoder patient, from *mounts.Mount, in *mounts.Input) error {
	at := from.Stream.Behind(owed(time.Time{}, from))
	var recovered int64 // where it has kept up again; 0: it never fell behind since
	tick := time.NewTicker(r.Pace)
	defer tick.Stop()
	for {
		if from.Stream.End()-at.Offset() > r.Buffer {
			if recovered == 0 {
				r.Log.Warn("the encoder is too slow and misses parts of the stream")
			}
			at = from.Stream.Behind(0)
			recovered = at.Offset() + r.Buffer
		}
		if title := at.Block(); title != nil {
			in.SetTitle(title.Title)
			at.Shown(title)
		}
		f, ok := at.NextFrame()
		if ok {
			encoder.SetWriteDeadline(time.Now().Add(r.Timeout))
			if _, err := encoder.Write(f.Data); err != nil {
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

// patient is what can be written to with a limit of time.
type patient interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// watchedReader notices when nothing comes any more.
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

// untilStill returns when nothing was read for so long, or at either end.
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

// tail keeps the last of what an encoder says, for the log.
type tail struct{ last []byte }

func (t *tail) Write(b []byte) (int, error) {
	const enough = 300
	t.last = append(t.last, b...)
	if len(t.last) > enough {
		t.last = append(t.last[:0], t.last[len(t.last)-enough:]...)
	}
	return len(b), nil
}

func (t *tail) String() string { return string(bytes.TrimSpace(t.last)) }
