package library

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// endings are the file name endings of music.
var endings = []string{
	".mp3", ".m4a", ".m4b", ".m4p", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav", ".wma", ".aif", ".aiff", ".alac", ".ape", ".wv",
	".mp2", ".mpa", ".mka", ".mpc", ".amr", ".ac3", ".mp4", ".webm", ".ra", ".caf",
}

// Plays reports whether files with an ending, in lower case and with its dot, can be
// played.
type Plays func(ending string) bool

// isMusic reports whether a file in a folder is music that can be played, by its name.
func (p Plays) isMusic(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return slices.Contains(endings, ending) && p(ending)
}

// Everything is for music of which an encoder can play any kind.
func Everything(string) bool { return true }

// Only returns a Plays for files with certain endings, in lower case.
func Only(endings ...string) Plays {
	return func(ending string) bool { return slices.Contains(endings, ending) }
}

// leftOut has the music in folders that cannot be played, by file name ending.
type leftOut map[string]*others

// others are the files with one ending.
type others struct {
	n       int
	example string
}

// note counts a file, if it is music by its name.
func (l leftOut) note(path string) {
	ending := strings.ToLower(filepath.Ext(path))
	if !slices.Contains(endings, ending) {
		return
	}
	if l[ending] == nil {
		l[ending] = &others{example: path}
	}
	l[ending].n++
}

// String is "12 .ogg, such as /music/a.ogg; 1 .m4a, such as /music/b.m4a", most files
// first; empty if nothing was left out.
func (l leftOut) String() string {
	list := slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		return cmp.Or(l[b].n-l[a].n, strings.Compare(a, b))
	})
	for i, ending := range list {
		list[i] = fmt.Sprintf("%d %s, such as %s", l[ending].n, ending, l[ending].example)
	}
	return strings.Join(list, "; ")
}
