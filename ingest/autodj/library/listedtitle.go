package library

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// maxListed bounds a title in a playlist, in bytes.
const maxListed = 4096

// HasPlaylists reports whether some of the music comes from playlists.
func (l *Library) HasPlaylists() bool { return slices.ContainsFunc(l.paths, IsPlaylist) }

// ListedTitle returns the title that a playlist has for a file, as it is written
// there, or "". It reads the playlists, and so may block as long as the disk does.
func (l *Library) ListedTitle(path string) string {
	read := 0
	for _, root := range l.paths {
		if IsPlaylist(root) {
			if title := titleIn(root, absolute(path), deepestList, &read); title != "" {
				return title
			}
		}
	}
	return ""
}

// titleIn looks for the title of a file in a playlist and in the playlists that it
// names. read counts the playlists read.
func titleIn(list, path string, deep int, read *int) string {
	if *read++; *read > maxLists {
		return ""
	}
	entries, err := readPlaylist(list)
	if err != nil {
		return ""
	}
	folder := filepath.Dir(absolute(list))
	for _, e := range entries {
		switch {
		case IsPlaylist(e.name) && deep > 0:
			below, found := inFolder(folder, e.name)
			if !found {
				continue
			}
			if title := titleIn(below, path, deep-1, read); title != "" {
				return title
			}
		case e.title != "" && slices.ContainsFunc(spellings(e.name), func(name string) bool { return named(name, folder) == path }):
			return e.title
		}
	}
	return ""
}

// extended returns the title in a line such as "#EXTINF:123,Artist - Title": the text
// after the first comma outside quotes, because attributes may stand before it.
func extended(line []byte) (title string, ok bool) {
	const mark = "#EXTINF:"
	if len(line) < len(mark) || !bytes.EqualFold(line[:len(mark)], []byte(mark)) {
		return "", false
	}
	quoted := false
	for i, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			return listedTitle(line[i+1:]), true
		}
	}
	return "", true
}

func listedTitle(text []byte) string {
	text = bytes.TrimSpace(text)
	return strings.Clone(string(text[:min(len(text), maxListed)]))
}
