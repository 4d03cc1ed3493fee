package live

import (
	"context"

	"relay/conf"
	"relay/internal/disk"
	"relay/internal/rewrite"
)

// Mount returns the [[mount]] of that name as written in the file; ok is false if the
// file does not declare it.
func (s *Configuration) Mount(name string) (table map[string]any, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return conf.MountTable(s.toml, name)
}

// ChangeMount replaces a [[mount]] by the result of change, or declares it if it is not
// there; declared is false then. The rest of the file stays unchanged. An error changes
// nothing: it is that of change, ErrForeign, conf.ErrInlineMounts or ErrScatteredMount,
// an error of conf about the mount, or the system's.
func (s *Configuration) ChangeMount(name string, change func(table map[string]any, declared bool) (map[string]any, error)) (Outcome, error) {
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

// RemoveMount removes a [[mount]] from the configuration. Its inputs and listeners
// continue with the remaining settings. The error is ErrNoMount or one of those of
// ChangeMount.
func (s *Configuration) RemoveMount(name string) (Outcome, error) {
	return s.edit(func(text []byte) ([]byte, error) {
		text, ok, err := conf.WithoutMount(text, name)
		if err == nil && !ok {
			err = ErrNoMount
		}
		return text, err
	})
}

// edit changes the text that the file has now, so that other changes since it was read
// are kept, and take effect too.
func (s *Configuration) edit(change func(text []byte) ([]byte, error)) (Outcome, error) {
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
