package history

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// inert keeps text from outside from being a formula: after an apostrophe, spreadsheets
// read text. Where another delimiter than ours is used, as in half of Europe, a cell or
// a line may begin anywhere within the text, quoted or not.
func inert(text string) string {
	var out strings.Builder
	written, cell := 0, 0 // how much of text is in out, and where the current cell begins
	begin := true         // no visible character of the cell has been seen
	for i, c := range text {
		switch {
		case isDelimiter(c) && strings.TrimSpace(text[:i+len(string(c))]) != "":
			cell, begin = i+len(string(c)), true
		case begin && (beginsFormula(c) || i == 0 && c < ' '):
			out.WriteString(text[written:cell] + "'")
			written, begin = cell, false
		case begin && !isInvisible(c) && c != '"':
			begin = false
		}
	}
	return out.String() + text[written:]
}

// isDelimiter reports whether c may end a cell or a line.
func isDelimiter(c rune) bool { return strings.ContainsRune(",;|\t\n\r\v\f\u0085\u2028\u2029", c) }

// isInvisible reports whether a spreadsheet may skip c at the beginning of a cell.
func isInvisible(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) }

// beginsFormula reports whether c, in any of its widths, makes a cell a formula.
func beginsFormula(c rune) bool {
	return strings.ContainsAny(norm.NFKC.String(string(c)), "=+-@\u2212")
}
