// Package settings owns the configuration of a running server: it reads its
// file again, changes mounts in it, and puts what is right in force as a whole.
//
//	in:   the file, and what operators want of mounts
//	out:  conf.Live, and words for what has changed or is wrong
//
// It has no goroutine of its own.
package settings

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/disk"
	"relay/internal/logging"
	"relay/internal/rewrite"
)

var (
	// ErrForeign says that the file is not a relay.toml, and is only read.
	ErrForeign = errors.New("the configuration is an icecast.xml, which is read but not written: \"relay import\" makes a relay.toml of it")
	// ErrNoMount says that the file declares no mount of that name.
	ErrNoMount = errors.New("no mount of this name is declared")
)

// Read makes a configuration of a text; without a file, name is empty. toml is
// the text, or the relay.toml it stands for.
type Read func(name string, text []byte) (c *conf.Config, toml []byte, err error)

// Settings are the configuration in force and where it comes from. Safe for
// concurrent use.
type Settings struct {
	Live *conf.Live

	file    string // empty: there is none
	read    Read
	log     *zap.Logger
	atStart *conf.Config

	recovered    bool  // a crash had left half a text in the file
	notRecovered error // why that could not be mended; nil: it could, or need not

	mu     sync.Mutex
	text   []byte // of the file, or what it would hold
	toml   []byte
	loaded time.Time
	held   logging.Held // lines that come up under mu
}

// Outcome is what became of a change.
type Outcome struct {
	Changed       []string // keys, as conf.Diff names them
	RestartNeeded []string // keys that differ from those the program was started with and wait for the next start
	Saved         bool     // in the file, which there need not be
}

// Open reads the file, or puts the defaults in force when its name is empty.
func Open(file string, read Read) (*Settings, error) {
	s := &Settings{file: file, read: read, log: zap.NewNop()}
	if file != "" {
		s.recovered, s.notRecovered = disk.Look("recover", file, disk.Patience, func() (bool, error) { return rewrite.Recover(file) })
	}
	text, err := s.onDisk()
	if err != nil {
		return nil, err
	}
	c, toml, err := read(file, text)
	if err != nil {
		return nil, err
	}
	s.text, s.toml, s.loaded, s.atStart = text, toml, time.Now(), c
	s.Live = conf.NewLive(c)
	return s, nil
}

// WithLog lets s log what it does. It must be called before anything else, and
// returns s.
func (s *Settings) WithLog(log *zap.Logger) *Settings {
	s.log = log
	switch {
	case s.notRecovered != nil:
		log.Error("a crash has cut short a save of the configuration, which cannot be finished", zap.String("file", s.file), zap.Error(s.notRecovered))
	case s.recovered:
		log.Warn("a crash had cut short a save of the configuration, which is finished now", zap.String("file", s.file))
	}
	return s
}

// File is the name of the file; empty: there is none.
func (s *Settings) File() string { return s.file }

// Loaded is when the configuration in force was read.
func (s *Settings) Loaded() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded
}

// TOML is the configuration in force as its file has it, without the secrets.
func (s *Settings) TOML() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(conf.HideSecrets(s.toml))
}

// RestartNeeded names the keys that wait for the next start of the program.
func (s *Settings) RestartNeeded() []string { return conf.NeedRestart(s.atStart, s.Live.Config()) }

// Reload reads the file again. What is wrong with it changes nothing; the error
// is of conf, or the system's.
func (s *Settings) Reload() (Outcome, error) {
	defer s.held.Write()
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := s.onDisk()
	if err == nil {
		var outcome Outcome
		if outcome, err = s.putInForce(text, nil); err == nil {
			return outcome, nil
		}
	}
	s.held.Add(s.log.Check(zap.ErrorLevel, "the configuration is not reloaded: the one in force stays"), zap.String("file", s.file), zap.Error(err))
	return Outcome{}, err
}

// onDisk returns the text of the file, or without one what is in force.
func (s *Settings) onDisk() ([]byte, error) {
	if s.file == "" {
		return s.text, nil
	}
	text, err := disk.ReadFile(s.file)
	if err != nil {
		_, err = conf.Load(s.file) // knows best what to say of a file it cannot read
	}
	return text, err
}

// putInForce checks a text and, if it is right, saves it and lets it take
// effect. s.mu is held.
func (s *Settings) putInForce(text []byte, save func() error) (Outcome, error) {
	c, toml, err := s.read(s.file, text)
	if err != nil {
		return Outcome{}, err
	}
	if save != nil {
		if err := save(); err != nil {
			return Outcome{}, fmt.Errorf("cannot save the configuration: %w", err)
		}
	}
	changed := conf.Diff(s.Live.Config(), c)
	s.text, s.toml, s.loaded = text, toml, time.Now()
	s.Live.Replace(c)
	outcome := Outcome{Changed: changed, RestartNeeded: conf.NeedRestart(s.atStart, c), Saved: s.file != ""}
	s.held.Add(s.log.Check(zap.InfoLevel, "configuration loaded"), zap.String("file", s.file), zap.Strings("changed", outcome.Changed), zap.Strings("restart needed", outcome.RestartNeeded))
	return outcome, nil
}
