package library

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// otherFormats are the file name endings of music in formats other than MP3.
var otherFormats = []string{
	".m4a", ".m4b", ".m4p", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav", ".wma", ".aif", ".aiff", ".alac", ".ape", ".wv",
	".mp2", ".mpa", ".mka", ".mpc", ".amr", ".ac3", ".mp4", ".webm", ".ra", ".caf",
}

// leftOut has the music in folders that is not MP3, by file name ending.
type leftOut map[string]*others

// others are the files with one ending.
type others struct {
	n       int
	example string
}

// note counts a file, if it is music by its name.
func (l leftOut) note(path string) {
	ending := strings.ToLower(filepath.Ext(path))
	if !slices.Contains(otherFormats, ending) {
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
	endings := slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		return cmp.Or(l[b].n-l[a].n, strings.Compare(a, b))
	})
	for i, ending := range endings {
		endings[i] = fmt.Sprintf("%d %s, such as %s", l[ending].n, ending, l[ending].example)
	}
	return strings.Join(endings, "; ")
}
