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

func isFileAddress(name string) bool {
	return len(name) > len("file:") && strings.EqualFold(name[:len("file:")], "file:")
}

// inFolder returns the file that an entry of a playlist in a folder stands for;
// found is false when there is none.
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

// spellings returns the names that an entry of a playlist may mean, as it is written
// first. Other programs and systems write names with "\", in Latin-1, with letters and
// accents apart or in one, or as addresses: "song%20one.mp3", "file:///music/a.mp3".
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

// filePaths returns the paths that a file: address may mean. The host, which is none or
// this machine, is left out by mistake.
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

// unescape decodes the escapes of an address; a "%" that begins none stays.
func unescape(name string) string {
	return escapes.ReplaceAllStringFunc(name, func(escape string) string {
		b, _ := hex.DecodeString(escape[1:])
		return string(b)
	})
}

var escapes = regexp.MustCompile("%[0-9A-Fa-f]{2}")
