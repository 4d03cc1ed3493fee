package clock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxMemory is the maximum size of the file, in bytes.
const maxMemory = 16 << 10

// maxLeap is the largest leap that is believed to be possible.
const maxLeap = 290 * 365 * 24 * time.Hour

// written is the content of the file.
type written struct {
	Clock   time.Time     `json:"clock"`
	Doubted []writtenLeap `json:"doubted,omitempty"`
	Future  time.Time     `json:"future_seen,omitzero"`
}

type writtenLeap struct {
	By  int64 `json:"by_seconds"`
	Ago int64 `json:"run_since_seconds"`
}

// load reads the remembered state; nil: there is none.
func load(path string) (*memory, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxMemory))
	if err != nil {
		return nil, err
	}
	return parse(text)
}

func parse(text []byte) (*memory, error) {
	var w written
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, err
	}
	m := &memory{day: w.Clock, future: w.Future}
	if len(w.Doubted) > maxLeaps {
		return nil, fmt.Errorf("more than %d leaps", maxLeaps)
	}
	var lag time.Duration
	for _, l := range w.Doubted {
		if l.By <= 0 || l.By > int64(maxLeap/time.Second)-int64(lag/time.Second) || l.Ago < 0 || l.Ago > int64(doubted/time.Second) {
			return nil, fmt.Errorf("a leap of %d s that was %d s ago", l.By, l.Ago)
		}
		one := leap{time.Duration(l.By) * time.Second, time.Duration(l.Ago) * time.Second}
		lag += one.by
		m.leaps = append(m.leaps, one)
	}
	if y := m.day.Year(); y < 1970 || y > 2260 {
		return nil, fmt.Errorf("%v is no time of a clock", m.day)
	}
	return m, nil
}

// save replaces the file as a whole, so that neither a crash nor a power failure leaves
// a partial file.
func save(path string, m memory) error {
	w := written{Clock: m.day.UTC().Truncate(time.Second), Future: m.future.UTC().Truncate(time.Second)}
	for _, l := range m.leaps {
		if by := int64(l.by / time.Second); by > 0 {
			w.Doubted = append(w.Doubted, writtenLeap{by, int64(l.ago / time.Second)})
		}
	}
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	next := path + ".new" // written only by this process, so that crashes leave at most one
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(next)
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	dir.Sync() // some file systems cannot; the file is complete anyway
	return nil
}
