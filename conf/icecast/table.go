package icecast

// table is a table of the TOML, on its way from the XML.
type table struct {
	name  string // with those around it: "mount.files"
	array bool   // [[name]]
	from  *element
	lines []setLine
	below []*table
	notes []Note
}

// setLine is name = value.
type setLine struct {
	name  string
	value string
	from  *element // what said so
	note  string   // a comment behind it
	off   bool     // commented out
}

// set writes a value that an element of the XML has, unless it is relay's own
// default.
func (t *table) set(name string, value any, from *element) {
	if d, ok := setting(t.name + "." + name); ok && literal(d.Interface()) == literal(value) {
		return
	}
	t.put(name, value, from)
}

// put is set for a value that must stand there even if it is the default.
func (t *table) put(name string, value any, from *element) {
	_, known := setting(t.name + "." + name)
	l := setLine{name: name, value: literal(value), from: from, off: !known}
	if !known {
		l.note = notBuilt
		t.notes = append(t.notes, newNote(Pending, from, notBuilt+"; it stands in the TOML as a comment"))
	}
	t.lines = append(t.lines, l)
}

// notBuilt says why a setting is commented out.
const notBuilt = "not built yet"

// remark puts a comment behind the line that was set last, if that was for
// this name.
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

// has tells whether something of this name was set here.
func (t *table) has(name string) bool {
	for _, l := range t.lines {
		if l.name == name {
			return true
		}
	}
	return t.find(name) != nil
}

// sub returns the table of this name in t, made if there is none.
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

// isEmpty tells whether there is nothing to write.
func (t *table) isEmpty() bool {
	return len(t.lines) == 0 && len(t.below) == 0 && len(t.notes) == 0 && t.from == nil
}

// width is that of the longest name that counts.
func (t *table) width() int {
	longest := 0
	for _, l := range t.lines {
		if !l.off {
			longest = max(longest, len(l.name))
		}
	}
	return longest
}

// lose notes what has no counterpart beside the table it would belong to.
func (t *table) lose(e *element, why string) { t.notes = append(t.notes, newNote(Lost, e, why)) }
