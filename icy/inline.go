package icy

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// InlineMetaint returns the icy-metaint that a source says in its head: after
// so many bytes of audio each it sends a metadata block. 0 means that it sends
// none. (ffmpeg as a source says "Icy-MetaData: 1", which means nothing here.)
func InlineMetaint(h http.Header) int {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("Icy-Metaint")))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// MetadataReader takes the metadata blocks out of a source's stream. It holds
// one block at most.
type MetadataReader struct {
	r       io.Reader
	metaint int
	found   func(title, url string)

	audio int    // bytes until the next block
	want  int    // bytes of the block that is being read; -1: not known yet
	block []byte // what is there of it
}

// NewMetadataReader returns a reader of the audio in r, in which a block
// follows every metaint bytes. found is called, from Read, with each title as
// it was sent, before the audio behind it is returned. metaint must be above 0.
func NewMetadataReader(r io.Reader, metaint int, found func(title, url string)) *MetadataReader {
	return &MetadataReader{r: r, metaint: metaint, found: found, audio: metaint, want: -1}
}

// Read returns audio. A stream that ends within a block ends like any other.
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

// readBlock reads on in a block, and reports its title when it is whole.
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
