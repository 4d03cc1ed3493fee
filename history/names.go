package history

import (
	"strings"
	"unicode"
)

// longestText bounds what is kept of a text that strangers choose, in bytes.
const longestText = 500

// mostNames bounds how many numbers are remembered.
const mostNames = 10_000

// names gives the texts in a table their numbers.
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

// id returns the number of a text, which it is given if it has none.
func (n *names) id(p *page, text string) (int64, error) {
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
	if len(n.known) >= mostNames {
		clear(n.known)
	}
	n.known[text] = id
	return id, nil
}

// forget lets go of all numbers: rows may be gone.
func (n *names) forget() { clear(n.known) }

// clip makes a text one line of valid UTF-8, of bounded length.
func clip(text string) string {
	if len(text) > longestText {
		text = text[:longestText]
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, ""))
}
