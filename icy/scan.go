package icy

import "bytes"

// A HeadScan looks for the end of a head that comes in pieces, at each byte once,
// however small the pieces are. The zero value is for a request or an answer.
type HeadScan struct {
	// Empty is how many empty lines stood before the first other one.
	Empty int

	looked int // what comes before holds no line end but those seen
	line   int // where the line begins that has not ended yet

	begun      bool // with a line that is not empty
	first, end int  // where that begins and ends, line end included; 0, 0: not there
}

// SourceHeadScan returns the scan of a SHOUTcast source's head, which may have no
// lines and so end with the first empty one.
func SourceHeadScan() HeadScan { return HeadScan{begun: true} }

// Look returns the length of the head at the start of b, its empty line
// included, or 0 when it is not complete. b is what it was before, and more.
func (s *HeadScan) Look(b []byte) int {
	for {
		length := bytes.IndexByte(b[s.looked:], '\n')
		if length < 0 {
			s.looked = len(b)
			return 0
		}
		begin, end := s.line, s.looked+length+1
		s.line, s.looked = end, end
		switch empty := len(bytes.TrimRight(b[begin:end-1], "\r")) == 0; {
		case empty && s.begun:
			return end
		case empty:
			s.Empty++
		case !s.begun:
			s.begun, s.first, s.end = true, begin, end
		}
	}
}

// FirstLine returns the first line that is not empty, without its line end, and
// what follows it in b, which has been looked at. ok is false while no whole line
// is there.
func (s *HeadScan) FirstLine(b []byte) (line string, rest []byte, ok bool) {
	if s.end == 0 {
		return "", nil, false
	}
	return string(bytes.TrimRight(b[s.first:s.end-1], "\r")), b[s.end:], true
}
