package conf

import (
	"slices"
	"strings"
)

// value returns the new text of a value. Unchanged parts of a list or an inline table
// keep their text and comments.
func (e *mountEdit) value(n *node, old, new any) string {
	written := e.text[n.start:n.end]
	switch {
	case isSame(old, new):
		return written
	case n.kind == '[' && isList(old) && isList(new) && len(n.elements) == len(listOf(old)):
		return "[" + e.list(n, listOf(old), listOf(new)) + "]"
	case n.kind == '{' && areTables(old, new):
		return "{" + e.inlineTable(n, old.(map[string]any), new.(map[string]any)) + "}"
	}
	text, isText := new.(string)
	if isText && n.kind == '\'' && !strings.HasPrefix(written, "'''") && !strings.ContainsFunc(text, func(c rune) bool { return c == '\'' || c < ' ' || c == 0x7f }) {
		return "'" + text + "'"
	}
	return literal(new)
}

// part is an element of a list or a key of an inline table.
type part struct {
	text string
	was  int // its old index; -1: new
}

// list returns the new text between the brackets of a list.
func (e *mountEdit) list(n *node, old, new []any) string {
	was := slices.Repeat([]int{-1}, len(new))
	for i, j := range pairs(old, new) {
		if j >= 0 {
			was[j] = i
		}
	}
	var stretches []change
	for _, element := range n.elements {
		stretches = append(stretches, change{start: element.start, end: element.end})
	}
	var parts []part
	for j, v := range new {
		if i := was[j]; i >= 0 {
			parts = append(parts, part{e.value(n.elements[i], old[i], v), i})
		} else {
			parts = append(parts, part{literal(v), -1})
		}
	}
	return e.joined(n, stretches, parts)
}

// inlineTable returns the new text between the braces of an inline table.
func (e *mountEdit) inlineTable(n *node, old, new map[string]any) string {
	var stretches []change
	var parts []part
	var ways [][]string
	for i, key := range n.keys {
		stretches = append(stretches, change{start: key.start, end: key.end})
		was, _ := lookUp(old, keySteps(key.path))
		if v, ok := lookUp(new, keySteps(key.path)); ok {
			parts = append(parts, part{e.text[key.start:key.value.start] + e.value(key.value, was, v), i})
			ways = append(ways, key.path)
		}
	}
	for _, added := range missing(nil, new, ways) {
		parts = append(parts, part{added, -1})
	}
	return e.joined(n, stretches, parts)
}

// missing writes the keys of a table that are not at or along any of the given ways.
func missing(names []string, table map[string]any, ways [][]string) (keys []string) {
	for _, name := range inOrderOf(nil, table) {
		at := append(slices.Clone(names), name)
		begun := slices.ContainsFunc(ways, func(way []string) bool {
			return len(way) >= len(at) && slices.Equal(way[:len(at)], at)
		})
		written := slices.ContainsFunc(ways, func(way []string) bool { return slices.Equal(way, at) })
		below, isTable := table[name].(map[string]any)
		switch {
		case written:
		case begun && isTable:
			keys = append(keys, missing(at, below, ways)...)
		default:
			keys = append(keys, keysLiteral(at)+" = "+literal(table[name]))
		}
	}
	return keys
}

// joined returns the new text between the brackets or braces of a value: the parts, and
// the text that stood around the old ones.
func (e *mountEdit) joined(n *node, were []change, parts []part) string {
	inner := e.text[n.start+1 : n.end-1]
	switch {
	case len(were) == 0:
		return e.filled(n, inner, parts)
	case strings.Contains(e.around(n, were), "\n"):
		return e.rows(n, were, parts)
	}
	return e.row(n, were, parts)
}

// around returns the text before, between and after the old parts.
func (e *mountEdit) around(n *node, were []change) string {
	var out strings.Builder
	from := n.start + 1
	for _, at := range were {
		out.WriteString(e.text[from:at.start])
		from = at.end
	}
	return out.String() + e.text[from:n.end-1]
}

// filled joins parts in a value that was empty.
func (e *mountEdit) filled(n *node, inner string, parts []part) string {
	var texts []string
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	switch end := strings.LastIndexByte(inner, '\n'); {
	case len(parts) == 0:
		return inner
	case end >= 0:
		return inner[:end+1] + "  " + strings.Join(texts, ","+e.eol+"  ") + e.eol + inner[end+1:]
	case n.kind == '{':
		return " " + strings.Join(texts, ", ") + " "
	}
	return strings.Join(texts, ", ")
}

// row joins parts on one line.
func (e *mountEdit) row(n *node, were []change, parts []part) string {
	if len(parts) == 0 {
		return ""
	}
	out := e.text[n.start+1 : were[0].start]
	for k, p := range parts {
		switch {
		case k == 0:
		case p.was > 0 && parts[k-1].was == p.was-1:
			out += e.text[were[p.was-1].end:were[p.was].start]
		default:
			out += ", "
		}
		out += p.text
	}
	return out + e.text[were[len(were)-1].end:n.end-1]
}

// rows joins parts on several lines. An old part keeps the comments above and after it.
// The comments above a removed part stay.
func (e *mountEdit) rows(n *node, were []change, parts []part) string {
	head := e.text[n.start+1 : were[0].start]
	opening := head[:strings.IndexByte(head, '\n')+1]
	front, tail := make([]string, len(were)), make([]string, len(were))
	beginsLine := make([]bool, len(were))
	indent, foot := "", ""
	front[0] = head[len(opening):]
	for i, at := range were {
		next := n.end - 1
		if i+1 < len(were) {
			next = were[i+1].start
		}
		gap := e.text[at.end:next]
		cut := tailEnd(gap)
		tail[i], foot = gap[:cut], gap[cut:]
		if i+1 < len(were) {
			front[i+1] = foot
		}
		blanks := e.text[lineStart(e.text, at.start):at.start]
		if beginsLine[i] = strings.Trim(blanks, " \t") == ""; beginsLine[i] && indent == "" {
			indent = blanks
		}
	}
	lastTail := tail[len(were)-1]
	above := ""
	for i := range were {
		if slices.ContainsFunc(parts, func(p part) bool { return p.was == i }) {
			front[i] = above + front[i]
			above = ""
		} else {
			above += front[i][:strings.LastIndexByte(front[i], '\n')+1]
		}
	}
	foot = above + foot

	out := opening
	for k, p := range parts {
		before, behind, onItsOwn := indent, ","+e.eol, true
		if p.was >= 0 {
			before, behind, onItsOwn = front[p.was], tail[p.was], beginsLine[p.was]
		}
		if k > 0 && onItsOwn && !strings.HasSuffix(out, "\n") && !strings.Contains(before, "\n") {
			out += e.eol
		}
		if k < len(parts)-1 {
			behind = withComma(behind)
		} else if comma(lastTail) < 0 {
			behind = withoutComma(behind)
		}
		out += before + p.text + behind
	}
	if strings.Contains(lastTail, "\n") && !strings.HasSuffix(out, "\n") {
		out += e.eol
	}
	return out + foot
}

// tailEnd returns how much of the text after a part belongs to it: its comma, and the
// rest of that line if it is blank or a comment.
func tailEnd(gap string) int {
	end := comma(gap) + 1
	line := gap[end:]
	brk := strings.IndexByte(line, '\n')
	if brk < 0 {
		return end
	}
	if text := strings.TrimSpace(line[:brk]); text != "" && text[0] != '#' {
		return end
	}
	return end + brk + 1
}

// comma returns the offset of the comma in the text after a part, outside comments, or
// -1 if there is none.
func comma(gap string) int {
	inComment := false
	for i := range len(gap) {
		switch c := gap[i]; {
		case c == '\n':
			inComment = false
		case c == '#':
			inComment = true
		case c == ',' && !inComment:
			return i
		}
	}
	return -1
}

func withComma(tail string) string {
	if comma(tail) >= 0 {
		return tail
	}
	return "," + tail
}

func withoutComma(tail string) string {
	if at := comma(tail); at >= 0 {
		return tail[:at] + tail[at+1:]
	}
	return tail
}
