package icecast

// table is a table of the TOML that is made from the XML.
type table struct {
	name  string // with those of its parents: "mount.files"
	array bool   // [[name]]
	from  *element
	lines []setLine
	below []*table
	notes []Note
}

// setLine is a line name = value.
type setLine struct {
	name  string
	value string
	from  *element // the element that it comes from
	note  string   // a comment after the value
	off   bool     // written as a comment
}

// set sets the value of an element of the XML, unless it equals relay's default.
func (t *table) set(name string, value any, from *element) {
	if d, ok := setting(t.name + "." + name); ok && literal(d.Interface()) == literal(value) {
		return
	}
	t.put(name, value, from)
}

// put is set for a value that must be written even if it is the default.
func (t *table) put(name string, value any, from *element) {
	_, known := setting(t.name + "." + name)
	l := setLine{name: name, value: literal(value), from: from, off: !known}
	if !known {
		l.note = notBuilt
		t.notes = append(t.notes, newNote(Pending, from, notBuilt+"; it stands in the TOML as a comment"))
	}
	t.lines = append(t.lines, l)
}

// notBuilt explains why a setting is written as a comment.
const notBuilt = "not built yet"

// remark adds a comment to the last line, if that is the line of this name.
func (t *table) remark(name, note string) {
	n := len(t.lines)
	if n == 0 || t.lines[n-1].name != name || note == "" {
		return
	}
	if l := &t.lines[n-1]; l.note == "" {
		l.note = note
	} else {
		l.note += "; " + note
	}
}

// has reports whether a key of this name was set.
func (t *table) has(name string) bool {
	for _, l := range t.lines {
		if l.name == name {
			return true
		}
	}
	return t.find(name) != nil
}

// sub returns the table of this name in t, and creates it if there is none.
func (t *table) sub(name string, from *element) *table {
	if found := t.find(name); found != nil {
		return found
	}
	made := &table{name: t.name + "." + name, from: from}
	t.below = append(t.below, made)
	return made
}

func (t *table) find(name string) *table {
	for _, b := range t.below {
		if b.name == t.name+"."+name {
			return b
		}
	}
	return nil
}

// isEmpty reports whether there is nothing to write.
func (t *table) isEmpty() bool {
	return len(t.lines) == 0 && len(t.below) == 0 && len(t.notes) == 0 && t.from == nil
}

// width returns the length of the longest name that is written.
func (t *table) width() int {
	longest := 0
	for _, l := range t.lines {
		if !l.off {
			longest = max(longest, len(l.name))
		}
	}
	return longest
}

// lose adds a note about an element without a counterpart to its table.
func (t *table) lose(e *element, why string) { t.notes = append(t.notes, newNote(Lost, e, why)) }
