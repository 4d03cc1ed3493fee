package icecast

// Note is something of an icecast.xml that relay does not do, or that changed
// on the way. What it tells does not have the element's value, which may be a
// password.
type Note struct {
	Line    int    // in the XML
	Element string // its name
	Why     string // one sentence: why it is not needed, or what to do instead
	Kind    Kind

	shown string // the element with its value, for the TOML
}

// Kind is how much a Note matters.
type Kind int

// What a Note may be.
const (
	Lost     Kind = iota // the station behaves differently, or may
	Pending              // relay has no such setting yet; its TOML is there, commented out
	Unneeded             // nothing to miss
)

func newNote(kind Kind, e *element, why string) Note {
	return Note{Line: e.line, Element: e.name, Why: why, Kind: kind, shown: remark(e.String())}
}
