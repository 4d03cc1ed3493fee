package icecast

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"relay/conf"
	"relay/internal/charset"
)

// byteOrderMark is put at the beginning of a text by some editors.
var byteOrderMark = []byte("\ufeff")

// readXML reads a whole text as a tree, without the comments.
func readXML(file string, b []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, byteOrderMark)))
	d.CharsetReader = decode
	var root *element
	var open []*element // from the root to the current element
	for {
		line, _ := d.InputPos()
		token, err := d.RawToken()
		switch {
		case err == io.EOF && root == nil:
			return nil, &conf.Error{File: file, Problem: "is empty: an icecast.xml begins with <icecast>"}
		case err == io.EOF && len(open) > 0:
			return nil, unclosed(file, open[len(open)-1])
		case err == io.EOF:
			return root, nil
		case err != nil:
			return nil, syntaxError(file, line, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := newElement(t, line)
			switch {
			case len(open) > 0:
				above := open[len(open)-1]
				above.children = append(above.children, e)
			case root != nil:
				return nil, &conf.Error{File: file, Line: line, Problem: fmt.Sprintf(
					"not valid XML: <%s> stands behind the end of <%s>; everything belongs inside <icecast>", e.name, root.name)}
			default:
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != fullName(t.Name) {
				return nil, misplacedEnd(file, line, fullName(t.Name), open)
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
}

func newElement(t xml.StartElement, line int) *element {
	e := &element{name: fullName(t.Name), line: line}
	for _, a := range t.Attr {
		e.attrs = append(e.attrs, attr{fullName(a.Name), a.Value})
	}
	return e
}

// fullName returns a name as it was written, with its prefix.
func fullName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// decode converts a text to UTF-8 from the encoding that its first line declares.
func decode(label string, text io.Reader) (io.Reader, error) {
	e := charset.Find(label)
	if e == nil {
		return nil, unknownEncoding(label)
	}
	return e.NewDecoder().Reader(text), nil
}

// unknownEncoding is the error for an unsupported encoding.
type unknownEncoding string

func (e unknownEncoding) Error() string {
	return fmt.Sprintf("the encoding %q is not known; save the file as UTF-8", string(e))
}

func unclosed(file string, e *element) error {
	return &conf.Error{File: file, Line: e.line, Problem: fmt.Sprintf(
		"not valid XML: <%s> has no end; close it with </%s>", e.name, e.name)}
}

func misplacedEnd(file string, line int, name string, open []*element) error {
	problem := fmt.Sprintf("not valid XML: </%s> has no matching start; remove it", name)
	if len(open) > 0 {
		e := open[len(open)-1]
		problem = fmt.Sprintf("not valid XML: </%s> comes before the end of <%s> from line %d; close that with </%s>",
			name, e.name, e.line, e.name)
	}
	return &conf.Error{File: file, Line: line, Problem: problem}
}

// syntaxError converts an error of the XML reader to one sentence with a line.
func syntaxError(file string, line int, err error) error {
	var encoding unknownEncoding
	if errors.As(err, &encoding) {
		return &conf.Error{File: file, Line: line, Problem: encoding.Error()}
	}
	problem := strings.TrimPrefix(err.Error(), "xml: ")
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		line, problem = cmp.Or(syntax.Line, line), syntax.Msg
	}
	if problem == "invalid UTF-8" {
		return &conf.Error{File: file, Line: line, Problem: `has letters that are not UTF-8: ` +
			`save the file as UTF-8, or name its encoding in the first line, <?xml version="1.0" encoding="ISO-8859-1"?>`}
	}
	return &conf.Error{File: file, Line: line, Problem: "not valid XML: " + oneLine(problem) +
		"; xmllint shows the place too"}
}
