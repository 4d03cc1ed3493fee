package icecast

// Note describes an element of an icecast.xml that relay ignores or changes. It does
// not contain the element's value, which may be a password.
type Note struct {
	Line    int    // in the XML
	Element string // its name
	Why     string // one sentence: why it is not needed, or the alternative
	Kind    Kind

	shown string // the element with its value, for the TOML
}

// Kind is the importance of a Note.
type Kind int

// The kinds of a Note.
const (
	Lost     Kind = iota // the station behaves differently, or may
	Pending              // relay has no such setting yet; the TOML has it as a comment
	Unneeded             // nothing is missing
)

func newNote(kind Kind, e *element, why string) Note {
	return Note{Line: e.line, Element: e.name, Why: why, Kind: kind, shown: remark(e.String())}
}
