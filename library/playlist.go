package library

import (
	"bytes"
	"fmt"
	"io"
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

// readPlaylist returns the files that an .m3u, .m3u8 or .pls names, relative
// names being those of its folder, and the addresses it names, which are not
// played.
func readPlaylist(path string) (files, addresses []string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is no regular file", path)
	case info.Size() > longestPlaylist:
		return nil, nil, fmt.Errorf("%s is larger than %d MiB", path, longestPlaylist>>20)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestPlaylist))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range entries(text, strings.EqualFold(filepath.Ext(path), ".pls")) {
		switch {
		case strings.Contains(name, "://"):
			addresses = append(addresses, name)
		case filepath.IsAbs(name):
			files = append(files, filepath.Clean(name))
		default:
			files = append(files, filepath.Join(filepath.Dir(path), name))
		}
	}
	return files, addresses, nil
}

// entries returns the names in a playlist: its lines that are no comments or,
// of a .pls, the values of File1, File2… A text that is no UTF-8 is Latin-1.
func entries(text []byte, pls bool) (names []string) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		text, _ = charmap.Windows1252.NewDecoder().Bytes(text)
	}
	for line := range strings.FieldsFuncSeq(string(text), func(c rune) bool { return c == '\n' || c == '\r' }) {
		line = strings.TrimSpace(line)
		if pls {
			key, value, found := strings.Cut(line, "=")
			if !found || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(key)), "file") {
				continue
			}
			line = strings.TrimSpace(value)
		}
		if line == "" || strings.HasPrefix(line, "#") || strings.ContainsRune(line, 0) {
			continue
		}
		names = append(names, filepath.FromSlash(line))
	}
	return names
}
