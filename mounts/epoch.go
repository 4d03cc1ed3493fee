package mounts

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// Epoch identifies a stream. A place in a stream means the same audio wherever its epoch
// is the same. An epoch ends when continuity is lost: with the mount, or the server.
type Epoch struct {
	ID    uint64 // random; nobody can guess it
	Began time.Time
}

func newEpoch() Epoch {
	var id [8]byte
	rand.Read(id[:])
	return Epoch{binary.BigEndian.Uint64(id[:]), time.Now().Truncate(time.Millisecond)}
}
