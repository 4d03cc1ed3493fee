package library

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Find returns the path of a file of the library. name is its path, or its name below
// one of the library's folders or beside one of its playlists. It does not find files
// outside them, by ".." or by a link, nor files whose names are not those of music.
// The error is a sentence for the operator.
func (l *Library) Find(name string) (path string, err error) {
	for _, root := range l.paths {
		if IsPlaylist(root) {
			path = listed(name, root)
		} else {
			path = l.below(name, root)
		}
		if path != "" {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no %s among the music of this mount", name)
}

// Listed returns the existing files that a playlist names, itself or by the playlists
// it names.
func Listed(list string) (files []string) {
	found, _, _ := scan([]string{list}, Everything)
	defer found.close()
	for _, file := range found.all() {
		files = append(files, string(file))
	}
	return files
}

// below returns the path of a file that is root or below it, or "".
func (l *Library) below(name, root string) string {
	root, err := filepath.EvalSymlinks(absolute(root))
	if err != nil {
		return ""
	}
	real, err := filepath.EvalSymlinks(named(name, folderOf(root)))
	if err != nil || real != root && !(isBelow(real, root) && l.plays.isMusic(real)) || !isFile(real) {
		return ""
	}
	return real
}

// listed returns the path of a file that a playlist names, or "".
func listed(name, list string) string {
	path := named(name, filepath.Dir(absolute(list)))
	for _, have := range Listed(list) {
		if absolute(have) == path {
			return path
		}
	}
	return ""
}

// named returns the path that a name in a folder stands for.
func named(name, folder string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(folder, name)
}

// Name returns the shortest name by which Find finds a path.
func (l *Library) Name(path string) string {
	path = absolute(path)
	for _, root := range l.paths {
		root = absolute(root)
		if real, err := filepath.EvalSymlinks(root); err == nil {
			root = real
		}
		if folder := folderOf(root); isBelow(path, folder) {
			return strings.TrimPrefix(path[len(folder):], string(filepath.Separator))
		}
	}
	return path
}

// folderOf returns the folder that names are relative to: path itself, or the one it
// is in.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

func isBelow(path, folder string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

// isFile reports whether path is a regular file or a link to one: opening a pipe or a
// device may block.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// absolute returns path as an absolute path, or unchanged if that fails.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}
