package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"relay/conf"
	"relay/conf/icecast"
	"relay/internal/disk"
)

// loadConfiguration reads a relay.toml or an icecast.xml, and checks the configuration
// against this machine. It lists on w the settings of an icecast.xml that have no
// effect.
func loadConfiguration(path string, w io.Writer) (*conf.Config, error) {
	text, err := disk.ReadFile(path)
	if err != nil {
		return conf.Load(path) // its error describes best why the file cannot be read
	}
	c, _, err := readConfiguration(path, text, w)
	return c, err
}

// readConfiguration is loadConfiguration for a text. toml is that text, or the
// relay.toml that corresponds to an icecast.xml.
func readConfiguration(path string, text []byte, w io.Writer) (loaded *conf.Config, toml []byte, err error) {
	if !isXML(path, text) {
		loaded, err = conf.Try(path, text)
		return loaded, text, err
	}
	c, err := icecast.Parse(path, text)
	if err != nil {
		return nil, nil, err
	}
	if loaded, err = c.Try(); err != nil {
		return nil, nil, err
	}
	tellNotes(w, path, c.Notes())
	return loaded, c.TOML(), nil
}

// review returns warnings about settings that are probably unintended; path is empty if
// there is no file. It returns none for an invalid configuration.
func review(ctx context.Context, path string) []*conf.Error {
	if path == "" {
		return conf.Review(ctx, "", nil)
	}
	text, err := disk.ReadFile(path)
	if err != nil {
		return nil
	}
	if !isXML(path, text) {
		return conf.Review(ctx, path, text)
	}
	c, err := icecast.Parse(path, text)
	if err != nil {
		return nil
	}
	return c.Review(ctx)
}

// places returns what is wrong with the files and folders in a configuration, see
// conf.Places. It returns nothing for an invalid configuration.
func places(path string) (problems, doubts []*conf.Error) {
	text, err := disk.ReadFile(path)
	if err != nil {
		return nil, nil
	}
	if !isXML(path, text) {
		return conf.Places(path, text, probes)
	}
	c, err := icecast.Parse(path, text)
	if err != nil {
		return nil, nil
	}
	return c.Places(probes)
}

// isXML reports whether a configuration is an icecast.xml rather than a relay.toml.
func isXML(path string, text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return strings.HasSuffix(strings.ToLower(path), ".xml") || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<"))
}

// tellNotes lists the settings of an icecast.xml that relay handles differently or not
// at all, and counts those that are not needed.
func tellNotes(w io.Writer, path string, notes []icecast.Note) {
	unneeded := 0
	for _, n := range notes {
		if n.Kind == icecast.Unneeded {
			unneeded++
			continue
		}
		fmt.Fprintf(w, "%s:%d: <%s>: %s\n", path, n.Line, n.Element, n.Why)
	}
	if unneeded > 0 {
		fmt.Fprintf(w, "%s: not needed here, and left out: %d (the comments of relay import name them)\n", path, unneeded)
	}
}
