package icy

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// InlineMetaint returns the icy-metaint in a source's head: the number of audio bytes
// between two metadata blocks. 0 means that the source sends no blocks. (As a source,
// ffmpeg sends "Icy-MetaData: 1", which has no meaning here.)
func InlineMetaint(h http.Header) int {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("Icy-Metaint")))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// MetadataReader removes the metadata blocks from a source's stream. It holds at most
// one block.
type MetadataReader struct {
	r       io.Reader
	metaint int
	found   func(title, url string)

	audio int    // bytes until the next block
	want  int    // length of the current block in bytes; -1: not known yet
	block []byte // the bytes of it that have arrived
}

// NewMetadataReader returns a reader of the audio in r, which holds a block after every
// metaint bytes of audio. Read calls found with each title, in the bytes that were
// sent, before it returns the audio after it. metaint must be above 0.
func NewMetadataReader(r io.Reader, metaint int, found func(title, url string)) *MetadataReader {
	return &MetadataReader{r: r, metaint: metaint, found: found, audio: metaint, want: -1}
}

// Read reads audio. A stream that ends within a block ends without an error of its own.
func (m *MetadataReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for m.audio == 0 {
		if err := m.readBlock(); err != nil {
			return 0, err
		}
	}
	n, err := m.r.Read(b[:min(len(b), m.audio)])
	m.audio -= n
	return n, err
}

// readBlock reads more of a block, and reports its title once it is complete.
func (m *MetadataReader) readBlock() error {
	if m.want < 0 {
		var length [1]byte
		n, err := m.r.Read(length[:])
		if n == 0 {
			return err
		}
		m.want, m.block = int(length[0])*16, m.block[:0]
	}
	if m.want > cap(m.block) {
		m.block = make([]byte, 0, maxBlockText)
	}
	if have := len(m.block); have < m.want {
		n, err := m.r.Read(m.block[have:m.want])
		m.block = m.block[:have+n]
		if len(m.block) < m.want {
			return err
		}
	}
	if title, url, ok := ParseBlock(m.block); ok {
		m.found(title, url)
	}
	m.audio, m.want = m.metaint, -1
	return nil
}
