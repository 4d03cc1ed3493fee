package conf

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// keyLines finds the line, from 1, on which each table, key and list element
// of a TOML text stands first, by path id. The text must be valid: the TOML
// parser, which keeps such positions to itself, has read it before.
func keyLines(text string) map[string]int {
	s := newScan(text)
	s.document()
	return s.lines
}

// item is a header or a key with its value, as a text has it.
type item struct {
	path       []string // the names in the header or in front of the "="
	place      string   // of what it is in the configuration, as errors name it
	table      bool     // a header
	array      bool     // in double brackets
	start, end int      // bytes
	value      int      // where the value begins
}

// walkComments shows where every comment of a valid text begins and ends, in
// bytes.
func walkComments(text string, show func(start, end int)) {
	s := newScan(text)
	s.comment = show
	s.document()
}

// walkItems shows every header and every key with a value in a valid text, in
// their order; what stands in an inline table comes before the key of that.
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

// scan is a walk through a valid TOML text that looks at nothing but where
// things begin and end.
type scan struct {
	text   string         // what is left
	size   int            // of the whole
	line   int            // of the first byte of text
	lines  map[string]int // what was found
	tables map[string]int // how many [[name]] headers were seen, by path id
	show   func(item)     // is shown what was found

	comment func(start, end int) // is shown comments
}

// at is how far the walk has come, in bytes.
func (s *scan) at() int { return s.size - len(s.text) }

// document reads key = value lines and [table] headers up to the end.
func (s *scan) document() {
	var table path
	for s.blank(); s.text != ""; s.blank() {
		before := len(s.text)
		header := item{table: true, start: s.at()}
		switch {
		case s.take("[["):
			header.array = true
			table, header.path = s.header(true)
			s.take("]]")
			header.end = s.at()
			s.show(header)
		case s.take("["):
			table, header.path = s.header(false)
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

// header reads the name in [name] or, for an array of tables, in [[name]], and
// returns the place that the lines below it belong to.
func (s *scan) header(array bool) (p path, names []string) {
	names = s.key()
	for i, name := range names {
		p = p.key(name)
		s.found(p)
		if array && i == len(names)-1 {
			s.tables[p.id]++
		}
		// A name on the way through an array of tables means its newest.
		if n := s.tables[p.id]; n > 0 {
			p = p.item(n - 1)
			s.found(p)
		}
	}
	return p, names
}

// keyValue reads name = value, where name may have dots, in the given table.
func (s *scan) keyValue(table path) {
	p := table
	line := s.line
	found := item{start: s.at()}
	found.path = s.key()
	for _, name := range found.path {
		p = p.key(name)
		s.foundAt(p, line)
	}
	s.space()
	s.take("=")
	s.space()
	found.value = s.at()
	s.value(p)
	found.place, found.end = p.shown, s.at()
	s.show(found)
}

// key reads a key with its dots, each part bare or in quotes.
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
	var key struct{ K string } // the parser knows the escapes
	if _, err := toml.Decode("K="+whole, &key); err != nil {
		return whole
	}
	return key.K
}

// value reads what stands at p: a string, a list, an inline table, or a word.
func (s *scan) value(p path) {
	switch {
	case s.text == "":
	case s.text[0] == '"' || s.text[0] == '\'':
		s.quoted()
	case s.take("["):
		s.list(p)
	case s.take("{"):
		s.inlineTable(p)
	default: // a number, a date, true, false
		if end := strings.IndexAny(s.text, ",]}#\r\n"); end >= 0 {
			s.advance(end)
		} else {
			s.advance(len(s.text))
		}
	}
}

func (s *scan) list(p path) {
	for i := 0; ; i++ {
		s.blank()
		if s.text == "" || s.take("]") {
			return
		}
		before := len(s.text)
		s.found(p.item(i))
		s.value(p.item(i))
		s.blank()
		s.take(",")
		if len(s.text) == before {
			return
		}
	}
}

func (s *scan) inlineTable(p path) {
	for {
		s.blank()
		if s.text == "" || s.take("}") {
			return
		}
		before := len(s.text)
		s.keyValue(p)
		s.blank()
		s.take(",")
		if len(s.text) == before {
			return
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
	// Up to two quotes more belong to the string itself: """so "called"""""
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

// take reads prefix if it comes next.
func (s *scan) take(prefix string) bool {
	rest, ok := strings.CutPrefix(s.text, prefix)
	s.text = rest
	return ok
}

// advance reads n bytes, counting the lines.
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
