package encode

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/mounts"
)

// Converter brings audio to the formats of mounts, with an ffmpeg process for each
// input that needs it. It is a mounts.Converter and an autodj.Converter.
type Converter struct {
	log     *zap.Logger
	command func(ctx context.Context, from codec.Codec, to codec.Format, kbits int) *exec.Cmd
	// ofFile is command for a file of any kind, which is its standard input.
	ofFile func(ctx context.Context, to codec.Format, kbits int) *exec.Cmd
	// patience is how long an encoder may take or send nothing while it has audio.
	patience time.Duration

	ctx     context.Context // done when the converter ends
	end     context.CancelFunc
	started atomic.Int64 // conversions
	ended   atomic.Int64
	failed  atomic.Int64

	mu      sync.Mutex
	running sync.WaitGroup // nothing is added after end, under mu
	problem error
	looked  time.Time // when Problem last looked for ffmpeg; zero: never
}

const (
	// patience is generous, because a busy machine may take seconds to start a program.
	patience = 5 * time.Second

	// lookEvery is how often the converter checks whether ffmpeg is installed.
	lookEvery = 10 * time.Second
)

// NewConverter returns a converter, for which ffmpeg need not be there yet. The caller
// calls Run.
func NewConverter(log *zap.Logger) *Converter {
	c := &Converter{log: log, command: ffmpeg, ofFile: ffmpegFile, patience: patience}
	c.ctx, c.end = context.WithCancel(context.Background())
	return c
}

// Run waits until ctx is done, ends all conversions and waits for them.
func (c *Converter) Run(ctx context.Context) {
	<-ctx.Done()
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	c.running.Wait()
}

// errNoFFmpeg is the problem of a machine without ffmpeg.
var errNoFFmpeg = errors.New("ffmpeg is not installed")

// Installed returns an error if ffmpeg is not installed.
func Installed() error {
	if _, err := exec.LookPath(program); err != nil {
		return errNoFFmpeg
	}
	return nil
}

// Problem returns why nothing can be converted, or nil.
func (c *Converter) Problem() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.looked.IsZero() || now.Sub(c.looked) >= lookEvery {
		c.looked, c.problem = now, Installed()
	}
	return c.problem
}

// Begin begins a conversion; see mounts.Converter.
func (c *Converter) Begin(order mounts.ConversionOrder) mounts.Conversion {
	l := &lane{converter: c, order: order, queue: newQueue()}
	var ctx context.Context
	ctx, l.end = context.WithCancel(c.ctx)
	c.run(func() { l.run(ctx) })
	return l
}

// run runs a conversion in a goroutine for which Run waits, unless Run has ended.
func (c *Converter) run(conversion func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return
	}
	c.started.Add(1)
	c.running.Go(func() {
		defer c.ended.Add(1)
		conversion()
	})
}
