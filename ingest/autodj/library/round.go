package library

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"relay/internal/disk"
)

const (
	// roundMagic begins the file of a round:
	//
	//	roundMagic sum sum …
	//
	// A sum is the 64-bit FNV-1a hash of the path of a track that was played, 8
	// bytes, little-endian, in the order of playing. The file only grows during a
	// round, so a crash costs at most its last track. Sums of paths that are gone do
	// no harm.
	roundMagic = "relay1\r\n"
	sumSize    = 8

	// maxHeard bounds how many tracks of a round are saved.
	maxHeard = 1 << 20
)

// A round saves the tracks that a round has played in a file that outlives the
// program. A goroutine of its own writes, so that a disk that hangs does not stop the
// music.
type round struct {
	file    string // empty: nothing is saved
	log     *zap.Logger
	changes chan roundChange
	failed  bool // a failure to write was logged
}

// roundChange is a track that was played, in the current round or as the first of the
// next.
type roundChange struct {
	begins bool
	sum    uint64
}

// tell queues a change for run to write. If the disk is far behind, the change is
// dropped: after a restart that track is played again, or the round ends early.
func (r *round) tell(c roundChange) {
	if r.file == "" {
		return
	}
	select {
	case r.changes <- c:
	default:
	}
}

// run writes changes until ctx is done, and then those still queued.
func (r *round) run(ctx context.Context) {
	for {
		select {
		case c := <-r.changes:
			r.note(c)
		case <-ctx.Done():
			for {
				select {
				case c := <-r.changes:
					r.note(c)
				default:
					return
				}
			}
		}
	}
}

func (r *round) note(c roundChange) {
	err := r.write(c)
	if err != nil && !r.failed {
		r.log.Warn("cannot save the round of AutoDJ: it starts anew after a restart", zap.Error(err))
	}
	r.failed = err != nil
}

func (r *round) write(c roundChange) error {
	f, err := os.OpenFile(r.file, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(r.file), 0o700); err == nil {
			f, err = os.OpenFile(r.file, os.O_RDWR|os.O_CREATE, 0o600)
		}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	heard := (info.Size() - int64(len(roundMagic))) / sumSize // a crash may have left part of a sum
	magic := make([]byte, len(roundMagic))
	if _, err := f.ReadAt(magic, 0); err != nil || string(magic) != roundMagic {
		c.begins = true
	}
	switch {
	case c.begins:
		heard = 0
		if err := f.Truncate(0); err != nil {
			return err
		}
		if _, err := f.WriteAt([]byte(roundMagic), 0); err != nil {
			return err
		}
	case heard >= maxHeard:
		return nil
	}
	_, err = f.WriteAt(binary.LittleEndian.AppendUint64(nil, c.sum), int64(len(roundMagic))+sumSize*heard)
	return err
}

// heard returns the sums of the tracks that the saved round has played, in order;
// none if they cannot be read.
func (r *round) heard() []uint64 {
	if r.file == "" {
		return nil
	}
	sums, err := disk.Look("read", r.file, disk.Patience, func() ([]uint64, error) {
		f, err := os.Open(r.file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readRound(f)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.log.Warn("cannot read the round of AutoDJ: it starts anew", zap.Error(err))
	}
	return sums
}

// readRound reads the file of a round; it returns no sums if it is another file.
func readRound(f io.Reader) (sums []uint64, err error) {
	b, err := io.ReadAll(io.LimitReader(f, int64(len(roundMagic)+sumSize*maxHeard)))
	if err != nil {
		return nil, fmt.Errorf("read a round: %w", err)
	}
	if len(b) < len(roundMagic) || string(b[:len(roundMagic)]) != roundMagic {
		return nil, nil
	}
	for b = b[len(roundMagic):]; len(b) >= sumSize; b = b[sumSize:] {
		sums = append(sums, binary.LittleEndian.Uint64(b))
	}
	return sums, nil
}
