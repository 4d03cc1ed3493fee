package mounts

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
)

// MaxCover is the maximum size of a cover's picture, in bytes.
const MaxCover = 2 << 20

// A Cover is a picture that belongs to a title. It never changes.
type Cover struct {
	Type string // "image/jpeg", "image/png", "image/gif" or "image/webp"
	Data []byte
	Sum  string // checksum of Data: another picture has another one
}

// NewCover returns the cover with a picture. It recognises the type by the bytes, and
// returns nil if the picture is larger than MaxCover or not a type that every browser
// shows.
func NewCover(picture []byte) *Cover {
	if len(picture) > MaxCover {
		return nil
	}
	switch kind := http.DetectContentType(picture); kind {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		sum := sha256.Sum256(picture)
		return &Cover{Type: kind, Data: picture, Sum: hex.EncodeToString(sum[:8])}
	}
	return nil
}

// SetCover sets the cover of the input's title; nil: there is none.
func (in *Input) SetCover(c *Cover) {
	m := in.Mount
	m.mu.Lock()
	defer m.mu.Unlock()
	in.cover = c
	if m.onAir == in {
		m.registry.subscribers.tell(m.Name)
	}
}

// maxHops is the maximum number of mounts through which a cover is looked for.
const maxHops = 4

// Cover returns the cover of the mount's title, which may come from the stream of
// another mount; nil: there is none.
func (m *Mount) Cover() *Cover {
	for range maxHops {
		p := m.Programme()
		if p.Cover != nil || p.From == "" {
			return p.Cover
		}
		if m = m.registry.Find(p.From); m == nil {
			return nil
		}
	}
	return nil
}
