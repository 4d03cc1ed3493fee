package conf

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// keyLines returns the line, from 1, on which each table, key and list element of a
// TOML text first appears, by path id. The text must be valid. (The TOML parser does
// not give these positions.)
func keyLines(text string) map[string]int {
	s := newScan(text)
	s.document()
	return s.lines
}

// item is a header, or a key with its value, in a text.
type item struct {
	path       []string // the names in the header or before the "="
	at         path     // its place in the configuration
	table      bool     // a header
	array      bool     // in double brackets
	start, end int      // bytes
	value      *node    // nil for a header
	nested     bool     // within an inline table
}

// node is a value in a text.
type node struct {
	start, end int     // bytes
	elements   []*node // of a list
	keys       []item  // of an inline table
	kind       byte    // '[' for a list, '{' for an inline table, a quote for a string, 0 for a word
}

// walkComments calls show with the beginning and end of every comment of a valid text,
// in bytes.
func walkComments(text string, show func(start, end int)) {
	s := newScan(text)
	s.comment = show
	s.document()
}

// walkItems calls show with every header and every key of a valid text, in order; the
// keys of an inline table come before the key that has the table as its value.
func walkItems(text string, show func(item)) {
	s := newScan(text)
	s.show = show
	s.document()
}

func newScan(text string) *scan {
	return &scan{
		text:   strings.TrimPrefix(text, byteOrderMark),
		size:   len(text),
		line:   1,
		lines:  make(map[string]int),
		tables: make(map[string]int),
		show:   func(item) {},

		comment: func(int, int) {},
	}
}

// scan is a walk through a valid TOML text that only looks for the beginnings and ends
// of its parts.
type scan struct {
	text   string         // the rest of the text
	size   int            // of the whole text
	line   int            // of the first byte of text
	lines  map[string]int // the result
	tables map[string]int // how many [[name]] headers have been seen, by path id
	show   func(item)     // called with each item
	nested bool           // within an inline table

	comment func(start, end int) // called with each comment
}

// at returns the current offset, in bytes.
func (s *scan) at() int { return s.size - len(s.text) }

// document reads key = value lines and [table] headers to the end.
func (s *scan) document() {
	var table path
	for s.blank(); s.text != ""; s.blank() {
		before := len(s.text)
		header := item{table: true, start: s.at()}
		switch {
		case s.take("[["):
			header.array = true
			table, header.path = s.header(true)
			header.at = table
			s.take("]]")
			header.end = s.at()
			s.show(header)
		case s.take("["):
			table, header.path = s.header(false)
			header.at = table
			s.take("]")
			header.end = s.at()
			s.show(header)
		default:
			s.keyValue(table)
		}
		if len(s.text) == before {
			return // not TOML after all
		}
	}
}

// header reads the name in [name] or, for an array of tables, in [[name]]. It returns
// the place of the lines below it.
func (s *scan) header(array bool) (p path, names []string) {
	names = s.key()
	for i, name := range names {
		p = p.key(name)
		s.found(p)
		if array && i == len(names)-1 {
			s.tables[p.id]++
		}
		// A name that passes through an array of tables means its newest element.
		if n := s.tables[p.id]; n > 0 {
			p = p.item(n - 1)
			s.found(p)
		}
	}
	return p, names
}

// keyValue reads name = value, where name may be dotted, in the given table.
func (s *scan) keyValue(table path) item {
	p := table
	line := s.line
	found := item{start: s.at(), nested: s.nested}
	found.path = s.key()
	for _, name := range found.path {
		p = p.key(name)
		s.foundAt(p, line)
	}
	s.space()
	s.take("=")
	s.space()
	found.value = s.value(p)
	found.at, found.end = p, found.value.end
	s.show(found)
	return found
}

// key reads a dotted key, each part bare or quoted.
func (s *scan) key() []string {
	var names []string
	for {
		s.space()
		names = append(names, s.keyPart())
		s.space()
		if !s.take(".") {
			return names
		}
	}
}

func (s *scan) keyPart() string {
	if !strings.HasPrefix(s.text, `"`) && !strings.HasPrefix(s.text, `'`) {
		end := strings.IndexFunc(s.text, func(c rune) bool { return !isBareKey(c) })
		if end < 0 {
			end = len(s.text)
		}
		return s.advance(end)
	}
	whole := s.text
	s.quoted()
	whole = whole[:len(whole)-len(s.text)]
	var key struct{ K string } // the parser decodes the escapes
	if _, err := toml.Decode("K="+whole, &key); err != nil {
		return whole
	}
	return key.K
}

// value reads the value at p: a string, a list, an inline table, or a word.
func (s *scan) value(p path) *node {
	n := &node{start: s.at()}
	switch {
	case s.text == "":
	case s.text[0] == '"' || s.text[0] == '\'':
		n.kind = s.text[0]
		s.quoted()
	case s.take("["):
		n.kind = '['
		n.elements = s.list(p)
	case s.take("{"):
		n.kind = '{'
		n.keys = s.inlineTable(p)
	default: // a number, a date, true, false
		end := strings.IndexAny(s.text, ",]}#\r\n")
		if end < 0 {
			end = len(s.text)
		}
		s.advance(len(strings.TrimRight(s.text[:end], " \t")))
	}
	n.end = s.at()
	return n
}

func (s *scan) list(p path) (elements []*node) {
	for i := 0; ; i++ {
		s.blank()
		if s.text == "" || s.take("]") {
			return elements
		}
		before := len(s.text)
		s.found(p.item(i))
		elements = append(elements, s.value(p.item(i)))
		s.blank()
		s.take(",")
		if len(s.text) == before {
			return elements
		}
	}
}

func (s *scan) inlineTable(p path) (keys []item) {
	defer func(outer bool) { s.nested = outer }(s.nested)
	s.nested = true
	for {
		s.blank()
		if s.text == "" || s.take("}") {
			return keys
		}
		before := len(s.text)
		keys = append(keys, s.keyValue(p))
		s.blank()
		s.take(",")
		if len(s.text) == before {
			return keys
		}
	}
}

// quoted reads a string in any of the four kinds of quotes.
func (s *scan) quoted() {
	quote := s.text[:1]
	long := strings.HasPrefix(s.text, strings.Repeat(quote, 3))
	if long {
		quote = strings.Repeat(quote, 3)
	}
	s.advance(len(quote))
	for s.text != "" && !strings.HasPrefix(s.text, quote) {
		if quote[0] == '"' && s.text[0] == '\\' {
			s.advance(min(2, len(s.text)))
		} else {
			s.advance(1)
		}
	}
	s.take(quote)
	// Up to two more quotes belong to the string itself: """so "called"""""
	for range 2 {
		if long {
			s.take(quote[:1])
		}
	}
}

// blank skips blanks, line ends and comments.
func (s *scan) blank() {
	for {
		n := len(s.text) - len(strings.TrimLeft(s.text, " \t\r\n"))
		s.advance(n)
		if !strings.HasPrefix(s.text, "#") {
			return
		}
		end := strings.IndexAny(s.text, "\r\n")
		if end < 0 {
			end = len(s.text)
		}
		s.comment(s.at(), s.at()+end)
		s.advance(end)
	}
}

// space skips blanks within a line.
func (s *scan) space() {
	s.text = strings.TrimLeft(s.text, " \t")
}

// take reads prefix if it is next.
func (s *scan) take(prefix string) bool {
	rest, ok := strings.CutPrefix(s.text, prefix)
	s.text = rest
	return ok
}

// advance reads n bytes and counts the lines.
func (s *scan) advance(n int) string {
	read := s.text[:n]
	s.line += strings.Count(read, "\n")
	s.text = s.text[n:]
	return read
}

func (s *scan) found(p path) { s.foundAt(p, s.line) }

func (s *scan) foundAt(p path, line int) {
	if _, seen := s.lines[p.id]; !seen {
		s.lines[p.id] = line
	}
}
