package history

import (
	"strings"
	"unicode"
)

// maxText is the maximum stored length of a text from outside, in bytes.
const maxText = 500

// maxNames is the maximum number of cached numbers.
const maxNames = 10_000

// names maps the texts in a table to their numbers.
type names struct {
	find, add string
	known     map[string]int64
}

func newNames(table string) *names {
	return &names{
		find:  `SELECT id FROM ` + table + ` WHERE name = ?`,
		add:   `INSERT INTO ` + table + ` (name) VALUES (?)`,
		known: map[string]int64{},
	}
}

// id returns the number of a text, and adds the text to the table if it is new.
func (n *names) id(p *batch, text string) (int64, error) {
	if id, ok := n.known[text]; ok {
		return id, nil
	}
	var id int64
	err := p.get(n.find, []any{text}, &id)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		if id, err = p.insert(n.add, text); err != nil {
			return 0, err
		}
	}
	if len(n.known) >= maxNames {
		clear(n.known)
	}
	n.known[text] = id
	return id, nil
}

// forget empties the cache: rows may have been deleted.
func (n *names) forget() { clear(n.known) }

// clip makes text one line of valid UTF-8 of bounded length.
func clip(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, ""))
}
