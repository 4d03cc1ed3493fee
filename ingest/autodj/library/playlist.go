package library

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// maxPlaylist bounds a playlist in bytes.
const maxPlaylist = 16 << 20

// IsPlaylist reports whether a file is a playlist, by its name.
func IsPlaylist(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".m3u", ".m3u8", ".pls":
		return true
	}
	return false
}

// readPlaylist returns the entries of an .m3u, .m3u8 or .pls file.
func readPlaylist(path string) (found []entry, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a plain file", path)
	case info.Size() > maxPlaylist:
		return nil, fmt.Errorf("%s is larger than %d MiB", path, maxPlaylist>>20)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPlaylist))
	if err != nil {
		return nil, err
	}
	return entries(text, strings.EqualFold(filepath.Ext(path), ".pls")), nil
}

// entry is a file in a playlist.
type entry struct {
	name  string // as it is written
	title string // as it is written; empty: none
}

// entries returns the entries of a playlist: the lines that are not comments, with
// the titles of the #EXTINF lines above them, or, in a .pls, the values of File1,
// File2… and of Title1, Title2….
func entries(text []byte, pls bool) (found []entry) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	titles := map[string]string{} // of a .pls, by number
	numbers := []string{}         // of the files found
	title := ""                   // in an .m3u, of the next file
	for line := range bytes.FieldsFuncSeq(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
		line = bytes.TrimSpace(line)
		number := ""
		if pls {
			key, value, _ := bytes.Cut(line, []byte("="))
			key = bytes.ToLower(bytes.TrimSpace(key))
			value = bytes.TrimSpace(value)
			if n, is := bytes.CutPrefix(key, []byte("title")); is {
				titles[string(n)] = listedTitle(value)
			}
			n, is := bytes.CutPrefix(key, []byte("file"))
			if !is {
				continue
			}
			line, number = value, string(n)
		} else if above, is := extended(line); is {
			title = above
			continue
		}
		if len(line) == 0 || line[0] == '#' || bytes.IndexByte(line, 0) >= 0 {
			continue
		}
		found = append(found, entry{string(line), title})
		numbers = append(numbers, number)
		title = ""
	}
	for i, number := range numbers {
		if found[i].title == "" && pls {
			found[i].title = titles[number]
		}
	}
	return found
}

// isAddress reports whether an entry of a playlist is the address of a stream.
func isAddress(name string) bool { return strings.Contains(name, "://") && !isFileAddress(name) }

func isFileAddress(name string) bool {
	return len(name) > len("file:") && strings.EqualFold(name[:len("file:")], "file:")
}

// inFolder returns the file that an entry of a playlist in folder stands for; found
// is false if there is none.
func inFolder(folder, name string) (path string, found bool) {
	for _, name := range spellings(name) {
		path := filepath.Clean(name)
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		if isFile(path) {
			return path, true
		}
	}
	return "", false
}

// spellings returns the file names that an entry of a playlist may mean, the literal
// one first. Other programs and systems write names with "\", in Latin-1, with
// accents composed or decomposed, or as URLs: "song%20one.mp3",
// "file:///music/a.mp3".
func spellings(name string) []string {
	list := []string{name}
	add := func(other func(string) string) {
		for _, name := range list {
			if spelt := other(name); !slices.Contains(list, spelt) {
				list = append(list, spelt)
			}
		}
	}
	if isFileAddress(name) {
		list = filePaths(name)
	}
	add(unescape)
	add(func(name string) string { return strings.ReplaceAll(name, `\`, "/") })
	add(func(name string) string {
		if utf8.ValidString(name) {
			return name
		}
		decoded, _ := charmap.Windows1252.NewDecoder().String(name)
		return decoded
	})
	add(norm.NFC.String)
	add(norm.NFD.String)
	return list
}

// filePaths returns the paths that a file: URL may mean. The host should be empty or
// this machine, but some programs leave it out, and the path begins in its place.
func filePaths(address string) []string {
	path := address[len("file:"):]
	if !strings.HasPrefix(path, "//") {
		return []string{path}
	}
	path = path[len("//"):]
	if slash := strings.IndexByte(path, '/'); slash > 0 {
		return []string{path[slash:], path}
	}
	return []string{path}
}

// unescape decodes percent escapes; an invalid one is kept.
func unescape(name string) string {
	return escapes.ReplaceAllStringFunc(name, func(escape string) string {
		b, _ := hex.DecodeString(escape[1:])
		return string(b)
	})
}

var escapes = regexp.MustCompile("%[0-9A-Fa-f]{2}")
