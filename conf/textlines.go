package conf

import "strings"

// lineStart returns the start of the line that contains the offset at.
func lineStart(text string, at int) int {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	if start == 0 && strings.HasPrefix(text, byteOrderMark) {
		return len(byteOrderMark)
	}
	return start
}

// lineEnd returns the offset after the end of the line that contains the offset at.
func lineEnd(text string, at int) int {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(text)
}

// lineBreak returns the line break that a text uses.
func lineBreak(text string) string {
	if strings.Contains(text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// indentAt returns the blanks between the start of the line and the offset at, or "" if
// there is any other text.
func indentAt(text string, at int) string {
	before := text[lineStart(text, at):at]
	if strings.Trim(before, " \t") != "" {
		return ""
	}
	return before
}

// endsBlank reports whether the last line of a text that ends with a line break is
// blank.
func endsBlank(text string) bool {
	if !strings.HasSuffix(text, "\n") {
		return false
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	last := text[strings.LastIndexByte(text, '\n')+1:]
	return strings.TrimPrefix(strings.TrimSpace(last), byteOrderMark) == ""
}

// beginsBlank reports whether a text is empty or its first line is blank.
func beginsBlank(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line) == ""
}

// withBlankLine extends a range of whole lines that is to be removed by the blank line
// before it, so that two blank lines do not remain.
func withBlankLine(text string, start, end int) (int, int) {
	switch {
	case !beginsBlank(text[end:]):
	case endsBlank(text[:start]):
		return lineStart(text, start-1), end
	case strings.TrimPrefix(text[:start], byteOrderMark) == "" && end < len(text):
		return start, lineEnd(text, end)
	}
	return start, end
}
