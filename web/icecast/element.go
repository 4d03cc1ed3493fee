package icecast

import (
	"bytes"
	"encoding/xml"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	_ "embed"
)

// An element is an element of Icecast's XML, with a text or with elements below it.
type element struct {
	Name  string
	Mount string // the attribute mount= of a source; empty: none
	Text  string
	Below []element
}

// group returns an element with elements below it.
func group(name string, below ...element) element { return element{Name: name, Below: below} }

// text returns an element with a text.
func text(name, value string) element { return element{Name: name, Text: value} }

// number returns an element with a whole number.
func number[T int | int64 | uint64](name string, value T) element {
	return element{Name: name, Text: strconv.FormatInt(int64(value), 10)}
}

// given returns an element with a text, or none if the value is empty.
func given(name, value string) []element {
	if value == "" {
		return nil
	}
	return []element{text(name, value)}
}

// ofMount returns the element of a mount.
func ofMount(mount string, below ...element) element {
	return element{Name: "source", Mount: mount, Below: below}
}

// response returns Icecast's answer to a command that changes something. done says
// whether it did.
func response(message string, done bool) element {
	value := "0"
	if done {
		value = "1"
	}
	return group("iceresponse", text("message", message), text("return", value))
}

// MarshalXML writes e under its own name. encoding/xml replaces characters that XML
// cannot contain.
func (e element) MarshalXML(enc *xml.Encoder, _ xml.StartElement) error {
	start := xml.StartElement{Name: xml.Name{Local: e.Name}}
	if e.Mount != "" {
		start.Attr = []xml.Attr{{Name: xml.Name{Local: "mount"}, Value: e.Mount}}
	}
	if len(e.Below) == 0 {
		return enc.EncodeElement(e.Text, start)
	}
	if err := enc.EncodeToken(start); err != nil {
		return err
	}
	for _, below := range e.Below {
		if err := enc.Encode(below); err != nil {
			return err
		}
	}
	return enc.EncodeToken(start.End())
}

// writeXML answers with e as an XML document.
func writeXML(w http.ResponseWriter, e element) {
	var body bytes.Buffer
	body.WriteString("<?xml version=\"1.0\"?>\n")
	if err := xml.NewEncoder(&body).Encode(e); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body.WriteByte('\n')
	noCache(w)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.Write(body.Bytes())
}

//go:embed element.html
var elementHTML string

var elementPage = template.Must(template.New("element").Parse(elementHTML))

// writePage answers with e as a page for people, as Icecast shows its XML at paths that
// end in .xsl.
func writePage(w http.ResponseWriter, title string, e element) {
	var body bytes.Buffer
	if err := elementPage.Execute(&body, map[string]any{"Title": title, "Element": e}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	noCache(w)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")
	w.Write(body.Bytes())
}

// Rows returns the elements below e that have a text.
func (e element) Rows() []element {
	return e.pick(func(b element) bool { return len(b.Below) == 0 && b.Mount == "" })
}

// Groups returns the elements below e that have elements below them, and the mounts.
func (e element) Groups() []element {
	return e.pick(func(b element) bool { return len(b.Below) > 0 || b.Mount != "" })
}

func (e element) pick(wanted func(element) bool) []element {
	var picked []element
	for _, below := range e.Below {
		if wanted(below) {
			picked = append(picked, below)
		}
	}
	return picked
}

// Columns returns the column names of a table of e's groups. It returns nil if the
// groups have different names, are nested, or are mounts: they fit in no table.
func (e element) Columns() []string {
	groups := e.Groups()
	var columns []string
	for _, g := range groups {
		if g.Mount != "" || g.Name != groups[0].Name || len(g.Groups()) > 0 {
			return nil
		}
		for _, cell := range g.Below {
			if !slices.Contains(columns, cell.Name) {
				columns = append(columns, cell.Name)
			}
		}
	}
	return columns
}

// Cell returns the text of the element with that name directly below e, or "".
func (e element) Cell(name string) string {
	for _, below := range e.Below {
		if below.Name == name {
			return below.Text
		}
	}
	return ""
}

// Label returns e's name as a page shows it.
func (e element) Label() string { return strings.ReplaceAll(e.Name, "_", " ") }
