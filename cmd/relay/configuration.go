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

// loadConfiguration reads relay's own configuration or, as what it stands for,
// an icecast.xml, and holds what it names on this machine against it. What an
// icecast.xml says in vain is told on w.
func loadConfiguration(path string, w io.Writer) (*conf.Config, error) {
	text, err := disk.ReadFile(path)
	if err != nil {
		return conf.Load(path) // which knows best what to say of a file it cannot read
	}
	c, _, err := readConfiguration(path, text, w)
	return c, err
}

// readConfiguration is loadConfiguration of a text. toml is that text, or the
// relay.toml that an icecast.xml stands for.
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

// review returns what works in a configuration and is likely not meant; the path
// is empty where there is none. Of one that does not work there is nothing to say.
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

// isXML tells an icecast.xml from a relay.toml.
func isXML(path string, text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return strings.HasSuffix(strings.ToLower(path), ".xml") || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<"))
}

// tellNotes lists what an icecast.xml has that relay does otherwise or not at
// all, and counts what nobody will miss.
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
