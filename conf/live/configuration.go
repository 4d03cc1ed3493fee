// Package live owns the configuration of a running server: it reloads the file, changes
// mounts in it, and puts a valid configuration in force as a whole.
//
//	in:   the file, and operators' changes to mounts
//	out:  conf.Live, and a report of what has changed or is wrong
//
// The package starts no goroutines.
package live

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
	// ErrForeign means that the file is not a relay.toml, and is not written.
	ErrForeign = errors.New("the configuration is an icecast.xml, which is read but not written: \"relay import\" makes a relay.toml of it")
	// ErrNoMount means that the file declares no mount of that name.
	ErrNoMount = errors.New("no mount of this name is declared")
)

// Read parses the text of a configuration; name is empty if there is no file. toml is
// the text itself, or the relay.toml that corresponds to it.
type Read func(name string, text []byte) (c *conf.Config, toml []byte, err error)

// Configuration is the configuration in force together with its file. Safe for
// concurrent use.
type Configuration struct {
	Live *conf.Live

	file    string // empty: there is no file
	read    Read
	log     *zap.Logger
	atStart *conf.Config

	recovered    bool  // a crash had interrupted a save, and it was completed
	notRecovered error // why the interrupted save could not be completed; nil: it was, or there was none

	mu     sync.Mutex
	text   []byte // of the file, or what it would contain
	toml   []byte
	loaded time.Time
	held   logging.Held // log lines produced under mu
}

// Outcome is the result of a change.
type Outcome struct {
	Changed       []string // keys, as returned by conf.Diff
	RestartNeeded []string // keys that differ from those at the start of the program and take effect at the next start
	Saved         bool     // written to the file; false if there is no file
}

// Open reads the file, or puts the defaults in force if its name is empty.
func Open(file string, read Read) (*Configuration, error) {
	s := &Configuration{file: file, read: read, log: zap.NewNop()}
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

// LogTo makes s log to log, beginning with what Open found. Call it once, before anything
// but Live is used. Open cannot take the log: it is made from the configuration that Open
// reads.
func (s *Configuration) LogTo(log *zap.Logger) {
	s.log = log
	switch {
	case s.notRecovered != nil:
		log.Error("cannot finish a save of the configuration that a crash cut short", zap.String("file", s.file), zap.Error(s.notRecovered))
	case s.recovered:
		log.Warn("finished a save of the configuration that a crash had cut short", zap.String("file", s.file))
	}
}

// File returns the name of the file; empty: there is none.
func (s *Configuration) File() string { return s.file }

// Loaded returns when the configuration in force was read.
func (s *Configuration) Loaded() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded
}

// TOML returns the configuration in force as written in its file, without the secrets.
func (s *Configuration) TOML() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(conf.HideSecrets(s.toml))
}

// RestartNeeded returns the keys that take effect at the next start of the program.
func (s *Configuration) RestartNeeded() []string { return conf.NeedRestart(s.atStart, s.Live.Config()) }

// Reload reads the file again. A faulty file changes nothing; the error is one of
// package conf or the system's.
func (s *Configuration) Reload() (Outcome, error) {
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
	s.held.Add(s.log.Check(zap.ErrorLevel, "reload failed: the previous configuration is still active"), zap.String("file", s.file), zap.Error(err))
	return Outcome{}, err
}

// onDisk returns the text of the file, or without a file the configuration in force.
func (s *Configuration) onDisk() ([]byte, error) {
	if s.file == "" {
		return s.text, nil
	}
	text, err := disk.ReadFile(s.file)
	if err != nil {
		_, err = conf.Load(s.file) // its error describes best why the file cannot be read
	}
	return text, err
}

// putInForce checks a text and, if it is valid, saves it and puts it in force. s.mu is
// held.
func (s *Configuration) putInForce(text []byte, save func() error) (Outcome, error) {
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
