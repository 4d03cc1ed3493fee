package library

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

const (
	deepestList = 3    // how deep playlists may name playlists
	maxLists    = 1000 // number of playlists read in one scan
	maxProblems = 10   // number of problems described in words
)

// scanner goes once through files, folders and playlists.
type scanner struct {
	to       *indexWriter
	lists    int // number read
	problems []string
	untold   int // number of further problems
	plays    Plays
	others   leftOut
}

// scan lists the music among paths: files as they are named, whatever their endings,
// all music below folders that can be played, in the order of their names, and the files
// that playlists name. Hidden files and folders are left out; links to folders inside
// folders are not followed. problems says what could not be read; the rest is listed
// all the same. others is the music in folders that cannot be played.
func scan(paths []string, plays Plays) (found *index, problems string, others leftOut) {
	for _, onDisk := range []bool{true, false} { // memory may have room when the disk has none
		to, err := newIndexWriter(onDisk)
		if err != nil {
			continue
		}
		s := &scanner{to: to, plays: plays, others: leftOut{}}
		for _, path := range paths {
			s.path(path)
		}
		if found, err = to.finish(); err == nil {
			return found, s.told(), s.others
		}
	}
	panic("library: memory cannot fail")
}

func (s *scanner) problem(format string, args ...any) {
	switch text := fmt.Sprintf(format, args...); {
	case slices.Contains(s.problems, text):
	case len(s.problems) == maxProblems:
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
		case name == real || s.plays.isMusic(name):
			s.to.add(name)
		default:
			s.others.note(name)
		}
		return nil
	})
}

func (s *scanner) playlist(path string, deep int) {
	if s.lists++; s.lists > maxLists {
		s.problem("more than %d lists are not read", maxLists)
		return
	}
	entries, err := readPlaylist(path)
	if err != nil {
		s.problem("%v", err)
		return
	}
	for _, e := range entries {
		name := e.name
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
