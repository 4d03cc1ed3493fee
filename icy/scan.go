package icy

import "bytes"

// A HeadScan looks for the end of a head that arrives in pieces. It looks at each byte
// once, however small the pieces are. The zero value scans a request or an answer.
type HeadScan struct {
	// Empty is the number of empty lines before the first line that is not empty.
	Empty int

	looked int // all line ends before this offset have been seen
	line   int // where the current line begins

	begun      bool // a line that is not empty has been seen
	first, end int  // where that line begins and ends, its line end included; 0, 0: not seen yet
}

// SourceHeadScan returns the scan of a SHOUTcast source's head, which may have no lines
// and thus end at the first empty line.
func SourceHeadScan() HeadScan { return HeadScan{begun: true} }

// Look returns the length of the head at the start of b, its empty line included, or 0
// if the head is not complete. b holds the bytes of the last call, and more.
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

// FirstLine returns the first line that is not empty, without its line end, and the
// bytes of b after it. b must have been passed to Look. ok is false if b holds no
// complete line.
func (s *HeadScan) FirstLine(b []byte) (line string, rest []byte, ok bool) {
	if s.end == 0 {
		return "", nil, false
	}
	return string(bytes.TrimRight(b[s.first:s.end-1], "\r")), b[s.end:], true
}
