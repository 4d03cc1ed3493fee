package history

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// addresses says how addresses are kept.
type addresses struct {
	salt   []byte
	hashed bool
}

// hashBytes is how much of a hash is kept.
const hashBytes = 16

// kept is an address as it is kept: hashed with the salt, unless the owner
// wants it as it is.
func (a *addresses) kept(addr string) string {
	if !a.hashed || addr == "" {
		return addr
	}
	return hex.EncodeToString(a.hash(addr)[:hashBytes])
}

// who is a number for a listener: the same for the same address and player, as
// rights societies count listeners.
func (a *addresses) who(addr, agent string) int64 {
	return int64(binary.BigEndian.Uint64(a.hash(addr + "\x00" + agent)))
}

func (a *addresses) hash(text string) []byte {
	h := hmac.New(sha256.New, a.salt)
	h.Write([]byte(text))
	return h.Sum(nil)
}
