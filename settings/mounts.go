package settings

import (
	"context"

	"relay/conf"
	"relay/internal/disk"
	"relay/internal/rewrite"
)

// Mount returns the [[mount]] of that name as the file writes it; ok is false
// when it is not declared there.
func (s *Settings) Mount(name string) (table map[string]any, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return conf.MountTable(s.toml, name)
}

// ChangeMount puts what change makes of a [[mount]] in its place, or declares
// it when it is not there, which declared tells. The rest of the file stays as
// it is. An error changes nothing: it is that of change, ErrForeign,
// conf.ErrInlineMounts or ErrScatteredMount, of conf for what is wrong with the mount, or the
// system's.
func (s *Settings) ChangeMount(name string, change func(table map[string]any, declared bool) (map[string]any, error)) (Outcome, error) {
	return s.edit(func(text []byte) ([]byte, error) {
		table, declared := conf.MountTable(text, name)
		if !declared {
			table = map[string]any{}
		}
		table, err := change(table, declared)
		if err != nil {
			return nil, err
		}
		return conf.WithMount(text, name, table)
	})
}

// RemoveMount takes a [[mount]] out of the configuration. What is on the air
// there goes on with what is left of its settings. The error is ErrNoMount or
// one of those of ChangeMount.
func (s *Settings) RemoveMount(name string) (Outcome, error) {
	return s.edit(func(text []byte) ([]byte, error) {
		text, ok, err := conf.WithoutMount(text, name)
		if err == nil && !ok {
			err = ErrNoMount
		}
		return text, err
	})
}

// edit changes the text of the file as it is now, so that what somebody wrote
// there since it was read is not lost, and takes effect too.
func (s *Settings) edit(change func(text []byte) ([]byte, error)) (Outcome, error) {
	defer s.held.Write()
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := s.onDisk()
	if err != nil {
		return Outcome{}, err
	}
	_, toml, err := s.read(s.file, text)
	switch {
	case err != nil:
		return Outcome{}, err
	case string(toml) != string(text):
		return Outcome{}, ErrForeign
	}
	if text, err = change(text); err != nil {
		return Outcome{}, err
	}
	if s.file == "" {
		return s.putInForce(text, nil)
	}
	return s.putInForce(text, func() error {
		return disk.Try("save", s.file, disk.Patience, func(context.Context) error { return rewrite.File(s.file, text, 0o600) })
	})
}
