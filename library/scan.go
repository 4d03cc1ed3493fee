package library

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

const (
	deepestList  = 3    // how far playlists may name playlists
	mostLists    = 1000 // how many are read in one scan
	mostProblems = 10   // how many are told in words
)

// scanner goes through files, folders and playlists once.
type scanner struct {
	to       *indexWriter
	lists    int // that were read
	problems []string
	untold   int // problems beyond those
}

// scan lists the music among paths: files as they are named, whatever they are
// called, folders with all MP3 files below them in the order of names, and
// what playlists name. Hidden files and folders are left out; links to folders
// in folders are not followed. What could not be read is told in words; the
// rest is listed all the same.
func scan(paths []string) (found *index, problems string) {
	for _, onDisk := range []bool{true, false} { // memory has room when no disk has
		to, err := newIndexWriter(onDisk)
		if err != nil {
			continue
		}
		s := &scanner{to: to}
		for _, path := range paths {
			s.path(path)
		}
		if found, err = to.finish(); err == nil {
			return found, s.told()
		}
	}
	panic("library: memory cannot fail")
}

func (s *scanner) problem(format string, args ...any) {
	switch text := fmt.Sprintf(format, args...); {
	case slices.Contains(s.problems, text):
	case len(s.problems) == mostProblems:
		s.untold++
	default:
		s.problems = append(s.problems, text)
	}
}

func (s *scanner) told() string {
	text := strings.Join(s.problems, "; ")
	if s.untold > 0 {
		text += fmt.Sprintf("; and %d more", s.untold)
	}
	return text
}

func (s *scanner) path(path string) {
	if IsPlaylist(path) {
		s.playlist(path, deepestList)
		return
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		s.problem("%s: %v", path, err)
		return
	}
	filepath.WalkDir(real, func(name string, entry fs.DirEntry, err error) error {
		switch hidden := name != real && strings.HasPrefix(entry.Name(), "."); {
		case err != nil:
			s.problem("%v", err)
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
		case name == real || isMusic(name):
			s.to.add(name)
		}
		return nil
	})
}

func (s *scanner) playlist(path string, deep int) {
	if s.lists++; s.lists > mostLists {
		s.problem("more than %d lists are not read", mostLists)
		return
	}
	names, err := readPlaylist(path)
	if err != nil {
		s.problem("%v", err)
		return
	}
	for _, name := range names {
		file, found := inFolder(filepath.Dir(path), name)
		switch {
		case isAddress(name):
			s.problem("%s: addresses are not played, such as %s", path, name)
		case !found:
			s.problem("%s: there is no file %s", path, name)
		case !IsPlaylist(file):
			s.to.add(file)
		case deep > 0:
			s.playlist(file, deep-1)
		default:
			s.problem("%s: lists within lists end here", file)
		}
	}
}
