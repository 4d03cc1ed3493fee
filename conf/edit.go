package conf

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// ErrInlineMounts means that the text declares its mounts as one inline list, which
// WithMount and WithoutMount do not change.
var ErrInlineMounts = errors.New("the mounts are written as one inline list, mount = [{…}], which can only be changed by hand: write them as [[mount]] tables")

// ErrScatteredMount means that other tables stand between those of a mount. Removing
// the mount would remove them too.
var ErrScatteredMount = errors.New("other tables stand between [[mount]] and a later table of that mount: move that table up to its [[mount]], so that the mount can be changed here")

// MountTable returns a [[mount]] as written in the text: by configuration key, with
// "${NAME}" where the text has it. ok is false if no mount of this name is declared.
// The text must be valid.
func MountTable(text []byte, name string) (table map[string]any, ok bool) {
	var declared struct {
		Mounts []map[string]any `toml:"mount"`
	}
	toml.Decode(string(text), &declared)
	for _, m := range declared.Mounts {
		if m["name"] == name {
			return m, true
		}
	}
	return nil, false
}

// WithMount returns the text with the [[mount]] of that name changed to these keys. It
// appends a new [[mount]] if there is none. A key with an unchanged value keeps its
// line, and comments and blank lines stay. A changed value is replaced in place. A
// removed key takes only the comment behind it along. WithMount does not check the
// values; Parse does. The error is ErrInlineMounts or ErrScatteredMount.
func WithMount(text []byte, name string, table map[string]any) ([]byte, error) {
	table = maps.Clone(table)
	table["name"] = name
	at, _, err := findMount(text, name)
	if err != nil {
		return nil, err
	}
	if at < 0 {
		return appended(string(text), table), nil
	}
	old, _ := MountTable(text, name)
	whole := string(text)
	e := newMountEdit(whole, at, old, table)
	if sorted := e.inOrder(); sorted != whole {
		old, _ = MountTable([]byte(sorted), name)
		e = newMountEdit(sorted, at, old, table)
	}
	return []byte(e.edited()), nil
}

// appended returns the text with a new [[mount]] at its end.
func appended(text string, table map[string]any) []byte {
	eol := lineBreak(text)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += eol
	}
	if text != "" && !endsBlank(text) {
		text += eol
	}
	return []byte(text + strings.Join(writtenSection("", "", []string{"mount"}, true, table), eol) + eol)
}

// WithoutMount returns the text without the [[mount]] of that name; ok is false if
// there is none. The error is ErrInlineMounts or ErrScatteredMount.
func WithoutMount(text []byte, name string) (without []byte, ok bool, err error) {
	at, where, err := findMount(text, name)
	if err != nil || at < 0 {
		return text, false, err
	}
	start, end := withBlankLine(string(text), where.start, where.end)
	return slices.Concat(text[:start], text[end:]), true, nil
}

// findMount finds the [[mount]] of that name. at is its index, or -1 if there is none;
// where extends from its beginning to the end of the line of its last value.
func findMount(text []byte, name string) (at int, where block, err error) {
	var declared struct {
		Mounts []struct {
			Name string `toml:"name"`
		} `toml:"mount"`
	}
	if _, err := toml.Decode(string(text), &declared); err != nil {
		return -1, block{}, err
	}
	at = -1
	for i, m := range declared.Mounts {
		if m.Name == name {
			at = i
		}
	}
	blocks := mountBlocks(string(text))
	switch {
	case len(blocks) != len(declared.Mounts):
		return -1, block{}, ErrInlineMounts
	case at < 0:
		return -1, block{}, nil
	case blocks[at].scattered:
		return -1, block{}, ErrScatteredMount
	}
	return at, blocks[at], nil
}

// block is a range of a text, in bytes.
type block struct {
	start, end int
	scattered  bool // other tables are in between
}

// mountBlocks returns the [[mount]] tables of a valid text together with their
// subtables. Lines after the last value do not belong to them.
func mountBlocks(text string) (blocks []block) {
	within, left := false, false
	walkItems(text, func(i item) {
		if i.table {
			within = len(i.path) > 0 && i.path[0] == "mount"
			switch {
			case within && i.array && len(i.path) == 1:
				blocks = append(blocks, block{start: lineStart(text, i.start)})
				left = false
			case within && left && len(blocks) > 0:
				blocks[len(blocks)-1].scattered = true
			case !within:
				left = true
			}
		}
		if within && len(blocks) > 0 {
			blocks[len(blocks)-1].end = lineEnd(text, i.end)
		}
	})
	return blocks
}
