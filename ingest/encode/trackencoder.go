package encode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"relay/codec"
)

// A trackEncoder is the encoder of one track. It works as fast as its output is read.
type trackEncoder struct {
	*process
	converter *Converter
	stop      context.CancelFunc
	fed       chan error // gets why no more of the track is given to the encoder; nil: that was all
	atDisk    atomic.Bool
	still     atomic.Bool
}

// startTrack starts a program as the encoder of a track. ctx ends it.
func (c *Converter) startTrack(ctx context.Context, command func(context.Context) *exec.Cmd) (*trackEncoder, error) {
	ctx, stop := context.WithCancel(ctx)
	p, err := start(command(ctx))
	if err != nil {
		stop()
		return nil, err
	}
	c.started.Add(1)
	return &trackEncoder{process: p, converter: c, stop: stop, fed: make(chan error, 1)}, nil
}

// run gives the track to the encoder, and closes it. A disk that does not answer holds
// up this goroutine only.
func (e *trackEncoder) run(audio io.ReadCloser, units []codec.Unit, framer codec.Framer, end error) {
	defer audio.Close()
	defer e.stdin.Close()
	e.fed <- e.feed(audio, units, framer, end)
}

// feed writes the first units of a track, then those of framer, which gets what can be
// read of audio. end is why nothing can; nil: there is more.
func (e *trackEncoder) feed(audio io.Reader, units []codec.Unit, framer codec.Framer, end error) error {
	var joined codec.Assembler
	var data []byte
	give := func(u codec.Unit) error {
		u.Tags = nil // one link is enough for the encoder
		data = joined.Append(data[:0], u, codec.Tags{})
		_, err := e.stdin.Write(data)
		return err
	}
	for _, u := range units {
		if err := give(u); err != nil {
			return err
		}
	}
	b := make([]byte, 16<<10)
	for end == nil {
		var n int
		e.atDisk.Store(true)
		n, end = audio.Read(b)
		e.atDisk.Store(false)
		framer.Write(b[:n])
		if end != nil {
			framer.Finish()
		}
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			if err := give(u); err != nil {
				return err
			}
		}
	}
	if errors.Is(end, io.EOF) {
		return nil
	}
	return end
}

// readsItself means that the encoder reads the track from the disk by itself.
func (e *trackEncoder) readsItself() {
	e.atDisk.Store(true)
	e.fed <- nil
}

// Read reads the output. An encoder that gives nothing for too long is stopped, unless
// it waits for the disk.
func (e *trackEncoder) Read(b []byte) (int, error) {
	watch := time.AfterFunc(e.converter.patience, func() {
		if !e.atDisk.Load() {
			e.still.Store(true)
			e.stop()
		}
	})
	defer watch.Stop()
	return e.stdout.Read(b)
}

// errUnfinished means that there is more of a track.
var errUnfinished = errors.New("the track is not read to its end")

// end waits for the end of an encoder that has closed its output or is stopped, and
// returns why it has not converted the whole track, or nil. An encoder that closes its
// output and runs on is stopped after encoderTime.
func (e *trackEncoder) end() error {
	defer e.converter.ended.Add(1)
	runsOn := time.AfterFunc(encoderTime, e.stop)
	ended := e.wait()
	runsOn.Stop()
	e.stop()
	why := errUnfinished
	select {
	case why = <-e.fed:
	default:
	}
	switch {
	case e.still.Load():
		return fmt.Errorf("the encoder sent nothing for %v", e.converter.patience)
	case why == nil && e.cmd.ProcessState.Success():
		return nil
	case why == nil, errors.Is(why, errUnfinished), errors.Is(why, syscall.EPIPE), errors.Is(why, os.ErrClosed):
		return ended
	}
	return why
}
