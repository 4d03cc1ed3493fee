package library

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// deepestList is how far playlists may name playlists.
const deepestList = 3

// scan lists the MP3 files among paths: files as they are named, whatever they
// are called, folders with all that is below them in the order of names, and
// what playlists name. Hidden files and folders are left out. The errors name
// what could not be read; the rest is listed all the same.
func scan(paths []string) (*index, error, error) {
	w, err := newIndexWriter()
	if err != nil {
		return nil, nil, err
	}
	var problems []error
	for _, path := range paths {
		problems = append(problems, addPath(w, path, deepestList)...)
	}
	x, err := w.finish()
	return x, errors.Join(problems...), err
}

func addPath(w *indexWriter, path string, deep int) (problems []error) {
	if IsPlaylist(path) {
		return addPlaylist(w, path, deep)
	}
	real, err := filepath.EvalSymlinks(path) // a folder may be a link, those in it are not followed
	if err != nil {
		return []error{err}
	}
	filepath.WalkDir(real, func(name string, entry fs.DirEntry, err error) error {
		switch hidden := name != real && strings.HasPrefix(entry.Name(), "."); {
		case err != nil:
			problems = append(problems, err)
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
		case name == real || strings.EqualFold(filepath.Ext(name), ".mp3"):
			w.add(name)
		}
		return nil
	})
	return problems
}

func addPlaylist(w *indexWriter, path string, deep int) (problems []error) {
	files, addresses, err := readPlaylist(path)
	if err != nil {
		return []error{err}
	}
	if len(addresses) > 0 {
		problems = append(problems, fmt.Errorf("%s: addresses are not played, such as %s", path, addresses[0]))
	}
	for _, file := range files {
		switch {
		case !IsPlaylist(file):
			w.add(file)
		case deep > 0:
			problems = append(problems, addPlaylist(w, file, deep-1)...)
		default:
			problems = append(problems, fmt.Errorf("%s: lists within lists end here", file))
		}
	}
	return problems
}
