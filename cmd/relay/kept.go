package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"relay/conf"
	"relay/internal/disk"
)

// dataVariable names a folder for data that must survive a restart if no configuration
// names a place: generated passwords, the history, bans, and mounts that were changed
// on the operator's page. The Docker image sets it.
const dataVariable = "RELAY_DATA"

// dataHeader begins the configuration in a data folder.
const dataHeader = `# The mounts that were changed on the operator's page or by the API. relay made this file,
# because it runs without a configuration. For other settings give it one: relay -c FILE.
`

// keptConfiguration returns the configuration file of a data folder, and creates it if
// necessary. The path is empty without a folder or after an error, which is a sentence
// for the operator.
func keptConfiguration(folder string) (path string, err error) {
	if folder == "" {
		return "", nil
	}
	path = filepath.Join(folder, "relay.toml")
	if err := makeOnce(path, dataHeader); err != nil {
		return "", fmt.Errorf("cannot keep the mounts that are changed on the operator's page: %w; let user %d write to %s", err, os.Geteuid(), folder)
	}
	return path, nil
}

// keep makes c use the data folder. The error is a sentence for the operator; the
// values that it concerns are generated for this run only.
func (p *passwords) keep(folder string, c *conf.Config) error {
	if folder == "" {
		return nil
	}
	c.History.File = cmp.Or(c.History.File, filepath.Join(folder, "history.db"))
	var errs []error
	if c.Auth.DenyIPsFile == "" {
		file := filepath.Join(folder, "bans")
		if err := makeOnce(file, ""); err != nil {
			errs = append(errs, fmt.Errorf("cannot keep bans, so a restart forgets them: %w; let user %d write to %s", err, os.Geteuid(), folder))
		} else {
			c.Auth.DenyIPsFile = file
		}
	}
	p.folder = folder
	keep := func(configured conf.Secret, name string, made *conf.Secret) {
		if configured != "" || *made != "" {
			return
		}
		if err := kept(filepath.Join(folder, name), made); err != nil {
			errs, p.folder = append(errs, err), ""
		}
	}
	keep(c.Auth.SourcePassword, "source-password", &p.source)
	keep(c.Auth.AdminPassword, "admin-password", &p.admin)
	return errors.Join(errs...)
}

// kept reads a password from a file, or generates one and creates the file.
func kept(file string, password *conf.Secret) error {
	text, err := disk.ReadFile(file)
	if found := strings.TrimSpace(string(text)); err == nil && found != "" {
		*password = conf.Secret(found)
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot read a password that was kept: %w", err)
	}
	made := newPassword()
	if err := os.WriteFile(file, []byte(made.Reveal()+"\n"), 0o600); err != nil {
		return fmt.Errorf("cannot keep a password, so it is made for this run: %w; let user %d write to %s", err, os.Geteuid(), filepath.Dir(file))
	}
	*password = made
	return nil
}

// makeOnce creates a file that only its owner may read, unless it exists.
func makeOnce(path, text string) error {
	if _, err := disk.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
