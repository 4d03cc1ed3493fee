package conf

import (
	"cmp"
	"slices"
	"strings"
)

// mountEdit rewrites one [[mount]] in a text from its old to its new values.
type mountEdit struct {
	text     string
	eol      string
	old, new map[string]any
	sections []section
	lists    map[string][]int // for each list of the mount written as [[mount.key]]: the index in new of each old table; -1: removed
	changes  []change
}

// section is a header of the mount with the keys below it.
type section struct {
	header item
	keys   []item
	way    []step // its place, from the mount
	to     []step // its place in the new mount; nil: removed
}

// change replaces a piece of the text by another.
type change struct {
	start, end int
	by         string
	section    bool // by is a header with its keys; it is put after keys that are inserted at the same place
}

func newMountEdit(text string, at int, old, new map[string]any) *mountEdit {
	e := &mountEdit{text: text, eol: lineBreak(text), old: old, new: new, lists: map[string][]int{}}
	within := false
	walkItems(text, func(i item) {
		way := i.at.steps()
		switch {
		case i.table:
			within = len(way) > 1 && way[0].name == "mount" && way[1].index == at
			if !within {
				return
			}
			e.sections = append(e.sections, section{header: i, way: way[2:]})
			if way = way[2:]; len(way) > 1 && way[1].index >= 0 && e.lists[way[0].name] == nil {
				key := way[0].name
				e.lists[key] = pairs(listOf(old[key]), listOf(new[key]))
			}
		case within && !i.nested:
			last := &e.sections[len(e.sections)-1]
			last.keys = append(last.keys, i)
		}
	})
	for i := range e.sections {
		s := &e.sections[i]
		if to, ok := e.moved(s.way); ok {
			if v, ok := lookUp(new, to); ok {
				if _, isTable := v.(map[string]any); isTable {
					s.to = to
				}
			}
		}
	}
	return e
}

// moved returns the place in the new mount of something at a place in the old one.
func (e *mountEdit) moved(way []step) (to []step, ok bool) {
	to = append([]step{}, way...)
	if len(way) > 1 && way[1].index >= 0 {
		list := e.lists[way[0].name]
		if way[1].index >= len(list) || list[way[1].index] < 0 {
			return nil, false
		}
		to[1].index = list[way[1].index]
	}
	return to, true
}

// lookUp returns the value at a place of a mount.
func lookUp(mount map[string]any, way []step) (v any, ok bool) {
	v = mount
	for _, s := range way {
		if s.index >= 0 {
			list := listOf(v)
			if s.index >= len(list) {
				return nil, false
			}
			v = list[s.index]
			continue
		}
		table, _ := v.(map[string]any)
		if v, ok = table[s.name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// pairs returns for each element of old its index in new, or -1. It matches equal
// elements first, then tables with the same name or user, then the remaining tables in
// order.
func pairs(old, new []any) []int {
	to := slices.Repeat([]int{-1}, len(old))
	taken := make([]bool, len(new))
	for _, fit := range []func(a, b any) bool{isSame, isOfSameName, areTables} {
		for i := range old {
			for j := range new {
				if to[i] < 0 && !taken[j] && fit(old[i], new[j]) {
					to[i], taken[j] = j, true
				}
			}
		}
	}
	return to
}

func isOfSameName(a, b any) bool {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	return x != nil && y != nil && isSame(x["name"], y["name"]) && isSame(x["user"], y["user"])
}

func areTables(a, b any) bool {
	_, isTable := a.(map[string]any)
	_, too := b.(map[string]any)
	return isTable && too
}

// edited returns the text with the new mount.
func (e *mountEdit) edited() string {
	for _, s := range e.sections {
		if s.to == nil {
			e.removeSection(s)
			continue
		}
		for _, key := range s.keys {
			old, _ := lookUp(e.old, slices.Concat(s.way, keySteps(key.path)))
			v, ok := lookUp(e.new, slices.Concat(s.to, keySteps(key.path)))
			if !ok || isNoTables(v) {
				e.replace(lineStart(e.text, key.start), lineEnd(e.text, key.end), "")
			} else if by := e.value(key.value, old, v); by != e.text[key.value.start:key.value.end] {
				e.replace(key.value.start, key.value.end, by)
			}
		}
	}
	e.add(nil, e.new)
	slices.SortStableFunc(e.changes, func(a, b change) int {
		return cmp.Or(a.start-b.start, order(a)-order(b))
	})
	var out strings.Builder
	from := 0
	for _, c := range e.changes {
		out.WriteString(e.text[from:max(from, c.start)])
		out.WriteString(c.by)
		from = max(from, c.end)
	}
	out.WriteString(e.text[from:])
	return out.String()
}

// order sorts changes at the same place: keys, then headers, then removals.
func order(c change) int {
	switch {
	case c.end > c.start:
		return 2
	case c.section:
		return 1
	}
	return 0
}

func (e *mountEdit) replace(start, end int, by string) {
	e.changes = append(e.changes, change{start: start, end: end, by: by})
}

// removeSection removes a header and its keys. Comments on lines of their own stay.
func (e *mountEdit) removeSection(s section) {
	start, end := lineStart(e.text, s.header.start), lineEnd(e.text, s.header.end)
	whole := true
	lines := []change{{start: start, end: end}}
	for _, key := range s.keys {
		from, to := lineStart(e.text, key.start), lineEnd(e.text, key.end)
		whole = whole && strings.TrimSpace(e.text[end:from]) == ""
		lines = append(lines, change{start: from, end: to})
		end = to
	}
	if whole {
		start, end = withBlankLine(e.text, start, end)
		lines = []change{{start: start, end: end}}
	}
	e.changes = append(e.changes, lines...)
}

// keySteps converts the names of a dotted key to steps.
func keySteps(names []string) (way []step) {
	for _, name := range names {
		way = append(way, step{name, -1})
	}
	return way
}

// namesOf returns the names along a way, as in a header.
func namesOf(way []step) []string {
	names := []string{"mount"}
	for _, s := range way {
		if s.index < 0 {
			names = append(names, s.name)
		}
	}
	return names
}

// hasPrefix reports whether way is place or leads to something below it.
func hasPrefix(way, place []step) bool {
	return len(way) >= len(place) && slices.Equal(way[:len(place)], place)
}

// add writes the keys of a table of the new mount that are missing in the text.
func (e *mountEdit) add(way []step, table map[string]any) {
	for _, name := range inOrderOf(typeOf(namesOf(way)), table) {
		at := append(slices.Clone(way), step{name, -1})
		v := table[name]
		below, isTable := v.(map[string]any)
		switch {
		case e.isWritten(at):
		case isTable && e.isBegun(at):
			e.add(at, below)
		case len(way) == 0 && e.isBegun(at): // as [[mount.name]]
			e.addTables(name, listOf(v))
		case !isNoTables(v):
			e.insert(way, name, v)
		}
	}
}

// isWritten reports whether the text has a key for a place of the new mount.
func (e *mountEdit) isWritten(at []step) bool {
	return slices.ContainsFunc(e.sections, func(s section) bool {
		return s.to != nil && slices.ContainsFunc(s.keys, func(key item) bool {
			return slices.Equal(slices.Concat(s.to, keySteps(key.path)), at)
		})
	})
}

// isBegun reports whether any remaining key or header of the text is at or below a
// place of the new mount.
func (e *mountEdit) isBegun(at []step) bool {
	return slices.ContainsFunc(e.sections, func(s section) bool {
		return s.to != nil && (hasPrefix(s.to, at) || slices.ContainsFunc(s.keys, func(key item) bool {
			return e.stays(s, key) && hasPrefix(slices.Concat(s.to, keySteps(key.path)), at)
		}))
	})
}

// stays reports whether a key is in the new mount.
func (e *mountEdit) stays(s section, key item) bool {
	v, ok := lookUp(e.new, slices.Concat(s.to, keySteps(key.path)))
	return ok && !isNoTables(v)
}

// addTables writes the tables of a list that are missing in the text, each after its
// predecessor in the list.
func (e *mountEdit) addTables(name string, list []any) {
	pos := -1
	for i, v := range list {
		at := []step{{name, -1}, {index: i}}
		table, _ := v.(map[string]any)
		if e.isBegun(at) {
			pos = e.endOf(at)
			e.add(at, table)
			continue
		}
		lines := e.written(at, true, table)
		if pos >= 0 {
			e.insertSection(pos, lines)
		} else { // the first one: before all others
			e.insertBefore(name, lines)
		}
	}
}

// insertBefore puts the lines of a table before the first remaining table of a list.
func (e *mountEdit) insertBefore(name string, lines []string) {
	for _, s := range e.sections {
		if s.to != nil && hasPrefix(s.to, []step{{name, -1}}) {
			at := e.commentsAbove(s)
			e.changes = append(e.changes, change{start: at, end: at, by: strings.Join(lines, e.eol) + e.eol + e.eol, section: true})
			return
		}
	}
}

// commentsAbove returns where the comments directly above a header begin, or the start
// of the header's line if there are none.
func (e *mountEdit) commentsAbove(s section) int {
	at, least := lineStart(e.text, s.header.start), 0
	for _, before := range e.sections {
		if before.header.start < s.header.start {
			least = lineEnd(e.text, before.header.end)
			for _, key := range before.keys {
				least = lineEnd(e.text, key.end)
			}
		}
	}
	for at > least {
		above := lineStart(e.text, at-1)
		if above == at || !strings.HasPrefix(strings.TrimLeft(e.text[above:at], " \t"), "#") {
			break
		}
		at = above
	}
	return at
}

// written returns the lines of a table of the new mount.
func (e *mountEdit) written(at []step, listed bool, table map[string]any) []string {
	first := e.sections[0]
	indent, indentOfKeys := indentAt(e.text, first.header.start), ""
	if len(first.keys) > 0 {
		indentOfKeys = indentAt(e.text, first.keys[0].start)
	}
	return writtenSection(indent, indentOfKeys, namesOf(at), listed, table)
}

// endOf returns the end of the line of the last key or header at or below a place of
// the new mount.
func (e *mountEdit) endOf(at []step) int {
	end := 0
	for _, s := range e.sections {
		if s.to == nil || !hasPrefix(s.to, at) {
			continue
		}
		end = max(end, lineEnd(e.text, s.header.end))
		for _, key := range s.keys {
			end = max(end, lineEnd(e.text, key.end))
		}
	}
	return end
}

// insert writes a key that is missing in the text.
func (e *mountEdit) insert(way []step, name string, v any) {
	at := append(slices.Clone(way), step{name, -1})
	for _, s := range e.sections {
		if s.to == nil || !slices.Equal(s.to, way) {
			continue
		}
		tables, listed := tablesIn(v)
		if len(tables) == 0 {
			e.insertKey(s, name, v)
			return
		}
		var lines []string
		for i, table := range tables {
			if i > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, e.written(at, listed, table)...)
		}
		e.insertSection(e.endOf(way), lines)
		return
	}
	for _, s := range slices.Backward(e.sections) { // a table that exists through dotted keys
		for _, key := range slices.Backward(s.keys) {
			to := slices.Concat(s.to, keySteps(key.path))
			if s.to != nil && len(s.to) < len(way) && e.stays(s, key) && hasPrefix(to, way) {
				names := namesOf(at)[len(namesOf(s.to)):]
				e.insertLine(lineEnd(e.text, key.end), indentAt(e.text, key.start)+keysLiteral(names)+" = "+literal(v))
				return
			}
		}
	}
	// A table that contains only tables.
	e.insertSection(e.endOf(way), e.written(way, false, map[string]any{name: v}))
}

// insertKey writes a key below a header, after the keys that precede it in the order of
// the documentation.
func (e *mountEdit) insertKey(s section, name string, v any) {
	order := typeOf(namesOf(s.to))
	pos, indent := lineEnd(e.text, s.header.end), indentAt(e.text, s.header.start)
	if len(s.keys) > 0 {
		indent = indentAt(e.text, s.keys[0].start)
	}
	for _, key := range s.keys {
		if e.stays(s, key) && placeOf(order, key.path[0]) <= placeOf(order, name) {
			pos, indent = lineEnd(e.text, key.end), indentAt(e.text, key.start)
		}
	}
	e.insertLine(pos, indent+keyLiteral(name)+" = "+literal(v))
}

// insertLine inserts a line at the start of another line, or at the end of the text.
func (e *mountEdit) insertLine(pos int, line string) {
	e.replace(pos, pos, e.asLine(pos, line))
}

// asLine returns line with the line break that is needed at pos.
func (e *mountEdit) asLine(pos int, line string) string {
	if pos == len(e.text) && !strings.HasSuffix(e.text, "\n") {
		return e.eol + line
	}
	return line + e.eol
}

// insertSection inserts a blank line and then lines.
func (e *mountEdit) insertSection(pos int, lines []string) {
	by := ""
	for _, line := range append([]string{""}, lines...) {
		by += e.asLine(pos, line)
	}
	e.changes = append(e.changes, change{start: pos, end: pos, by: by, section: true})
}

// inOrder returns the text with the tables of each list written as [[mount.key]] in the
// order of the new mount. Each table keeps the comments above it.
func (e *mountEdit) inOrder() string {
	text := e.text
	for name, to := range e.lists {
		var stretches []change // the remaining tables at their present places; by is not set
		var wanted []int       // their indexes in the new mount
		for i := range to {
			if to[i] < 0 {
				continue
			}
			var at change
			for _, s := range e.sections {
				if hasPrefix(s.way, []step{{name, -1}, {index: i}}) && len(s.way) == 2 {
					at.start, at.end = e.commentsAbove(s), s.header.end
					for _, key := range s.keys {
						at.end = key.end
					}
				}
			}
			at.end = at.end + len(strings.TrimRight(e.text[at.end:lineEnd(e.text, at.end)], "\r\n"))
			stretches, wanted = append(stretches, at), append(wanted, to[i])
		}
		if slices.IsSorted(wanted) {
			continue
		}
		sorted := slices.Clone(stretches)
		slices.SortFunc(sorted, func(a, b change) int {
			return wanted[slices.Index(stretches, a)] - wanted[slices.Index(stretches, b)]
		})
		var out strings.Builder
		from := 0
		for i, at := range stretches {
			out.WriteString(e.text[from:at.start] + e.text[sorted[i].start:sorted[i].end])
			from = at.end
		}
		text = out.String() + e.text[from:]
		break // one list per call: the offsets of the others have changed
	}
	return text
}
