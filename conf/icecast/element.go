package icecast

import (
	"slices"
	"strings"
)

// element is an element of the XML with its children.
type element struct {
	name     string
	attrs    []attr
	text     string // its own, without that of its children
	line     int
	children []*element

	// taken is set once the element has been read: elements that are not taken in the
	// end become notes.
	taken bool
}

type attr struct{ name, value string }

// take returns the child of this name, or nil. Of several children the last one counts,
// as in Icecast. Further names are alternatives.
func (e *element) take(names ...string) *element {
	var found *element
	for _, c := range e.children {
		if slices.Contains(names, c.name) {
			found = c
		}
	}
	if found != nil {
		found.taken = true
	}
	return found
}

// takeAll returns all children of this name.
func (e *element) takeAll(name string) []*element {
	var found []*element
	for _, c := range e.children {
		if c.name == name {
			c.taken = true
			found = append(found, c)
		}
	}
	return found
}

// section returns an element with the content of all children of this name; an
// icecast.xml may have the same section several times, or not at all.
func (e *element) section(name string) *element {
	whole := &element{name: name}
	for _, s := range e.takeAll(name) {
		whole.children = append(whole.children, s.children...)
	}
	return whole
}

// takeWhole takes an element and everything below it.
func (e *element) takeWhole() {
	e.taken = true
	for _, c := range e.children {
		c.takeWhole()
	}
}

// attr returns the value of an attribute, or "".
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// String returns the element as XML in one line.
func (e *element) String() string {
	var b strings.Builder
	e.write(&b, deepest)
	return oneLine(b.String())
}

// deepest is the depth to which String descends.
const deepest = 8

func (e *element) write(b *strings.Builder, depth int) {
	b.WriteString("<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + `="` + a.value + `"`)
	}
	text := oneLine(e.text)
	if text == "" && len(e.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">" + text)
	if depth == 0 && len(e.children) > 0 {
		b.WriteString("…")
	} else {
		for _, c := range e.children {
			c.write(b, depth-1)
		}
	}
	b.WriteString("</" + e.name + ">")
}
