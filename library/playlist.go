package library

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// longestPlaylist bounds a playlist in bytes.
const longestPlaylist = 16 << 20

// IsPlaylist reports whether a file is one by its name.
func IsPlaylist(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".m3u", ".m3u8", ".pls":
		return true
	}
	return false
}

// readPlaylist returns what an .m3u, .m3u8 or .pls names, as it is written.
func readPlaylist(path string) (names []string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no plain file", path)
	case info.Size() > longestPlaylist:
		return nil, fmt.Errorf("%s is larger than %d MiB", path, longestPlaylist>>20)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestPlaylist))
	if err != nil {
		return nil, err
	}
	return entries(text, strings.EqualFold(filepath.Ext(path), ".pls")), nil
}

// entries returns the names in a playlist: its lines that are no comments or,
// of a .pls, the values of File1, File2…
func entries(text []byte, pls bool) (names []string) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range bytes.FieldsFuncSeq(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
		line = bytes.TrimSpace(line)
		if pls {
			key, value, found := bytes.Cut(line, []byte("="))
			if !found || !bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(key)), []byte("file")) {
				continue
			}
			line = bytes.TrimSpace(value)
		}
		if len(line) == 0 || line[0] == '#' || bytes.IndexByte(line, 0) >= 0 {
			continue
		}
		names = append(names, string(line))
	}
	return names
}

// isAddress reports whether a playlist's entry is that of a stream.
func isAddress(name string) bool { return strings.Contains(name, "://") && !isFileAddress(name) }

func isFileAddress(name string) bool { return strings.HasPrefix(strings.ToLower(name), "file://") }

// inFolder returns the file that an entry of a playlist in a folder stands for;
// found is false when there is none. Other systems write names with "\", in
// Latin-1, or as file:// addresses.
func inFolder(folder, name string) (path string, found bool) {
	spellings := []string{name}
	if address, err := url.Parse(name); err == nil && isFileAddress(name) {
		spellings = []string{address.Path}
	}
	if strings.Contains(name, `\`) {
		spellings = append(spellings, strings.ReplaceAll(name, `\`, "/"))
	}
	for _, name := range spellings {
		if !utf8.ValidString(name) {
			decoded, _ := charmap.Windows1252.NewDecoder().String(name)
			spellings = append(spellings, decoded)
		}
	}
	for _, name := range spellings {
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
