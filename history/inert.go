package history

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// inert keeps a text that strangers wrote from being a formula: spreadsheets
// take what stands behind an apostrophe as text. Where the delimiter is another one
// than ours, as it is in half of Europe, a cell may begin anywhere within the text,
// quoted or not, and so may a line.
func inert(text string) string {
	var out strings.Builder
	written, cell := 0, 0 // how much of text is in out, and where the cell begins
	begin := true         // nothing of the cell has been seen that shows
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

// isDelimiter reports whether a cell or a line may end at c.
func isDelimiter(c rune) bool { return strings.ContainsRune(",;|\t\n\r\v\f\u0085\u2028\u2029", c) }

// isInvisible reports whether a spreadsheet may leave c out at the begin of a cell.
func isInvisible(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) }

// beginsFormula reports whether c, in any of its widths, makes a cell a formula.
func beginsFormula(c rune) bool {
	return strings.ContainsAny(norm.NFKC.String(string(c)), "=+-@\u2212")
}
